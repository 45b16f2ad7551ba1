import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { KEYS, listenToKeys, setPlainKeys, useKeys, type Act, type Command } from './keys'

let stop: () => void
const shown: VueWrapper[] = []

beforeEach(() => (stop = listenToKeys()))

afterEach(() => {
  shown.splice(0).forEach((one) => one.unmount())
  stop()
  setPlainKeys(true)
  document.body.innerHTML = ''
})

function show(acts: Partial<Record<Command, Act>>): VueWrapper {
  const component = defineComponent({ setup: () => (useKeys(acts), () => h('div')) })
  const wrapper = mount(component)
  shown.push(wrapper)
  return wrapper
}

function press(key: string, options: KeyboardEventInit = {}, on: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options })
  on.dispatchEvent(event)
  return event
}

function element(html: string): HTMLElement {
  document.body.insertAdjacentHTML('beforeend', html)
  return document.body.lastElementChild as HTMLElement
}

it('means one thing by one key', () => {
  const all = Object.values(KEYS).flatMap((key) => [...key.keys])
  expect(new Set(all).size).toBe(all.length)
})

it('does what is registered, whatever the letter’s case, and takes the key from the browser', () => {
  const approve = vi.fn()
  show({ approve })
  expect(press('a').defaultPrevented).toBe(true)
  press('A')
  expect(approve).toHaveBeenCalledTimes(2)
  expect(press('q').defaultPrevented).toBe(false)
})

it('tells T from Shift+T, Z from Ctrl+Z, and leaves Alt and other combinations to the browser', () => {
  const acts = { turn_right: vi.fn(), turn_left: vi.fn(), actual: vi.fn(), undo: vi.fn() }
  show(acts)
  press('T', { shiftKey: true })
  press('z', { ctrlKey: true })
  press('z', { altKey: true })
  press('t', { ctrlKey: true })
  expect(Object.values(acts).map((act) => act.mock.calls.length)).toEqual([0, 1, 0, 1])
})

it('knows a sign by itself, with or without Shift', () => {
  const help = vi.fn()
  show({ help })
  press('?', { shiftKey: true })
  expect(help).toHaveBeenCalledOnce()
})

it('is off while somebody types, but for Esc and Ctrl+Enter', () => {
  const acts = { approve: vi.fn(), undo: vi.fn(), send: vi.fn(), leave: vi.fn() }
  show(acts)
  for (const html of ['<input>', '<textarea></textarea>', '<input type="text">', '<select></select>']) {
    const field = element(html)
    press('a', {}, field)
    press('z', { ctrlKey: true }, field)
    press('Enter', { ctrlKey: true }, field)
    press('Escape', {}, field)
  }
  expect(Object.values(acts).map((act) => act.mock.calls.length)).toEqual([0, 0, 4, 4])
})

it('works on a ticked box, but leaves the arrows to radio buttons', () => {
  const acts = { approve: vi.fn(), next: vi.fn() }
  show(acts)
  press('a', {}, element('<input type="checkbox">'))
  const radio = element('<input type="radio">')
  press('a', {}, radio)
  expect(press('ArrowRight', {}, radio).defaultPrevented).toBe(false)
  expect([acts.approve.mock.calls.length, acts.next.mock.calls.length]).toEqual([2, 0])
})

it.each(['<dialog open></dialog>', '<div aria-modal="true"></div>'])('is off while %s is open', (html) => {
  const approve = vi.fn()
  show({ approve })
  const dialog = element(html)
  press('a')
  expect(approve).not.toHaveBeenCalled()
  dialog.remove()
  press('a')
  expect(approve).toHaveBeenCalledOnce()
})

it('decides once however long a key is held down; images go on', () => {
  const acts = { approve: vi.fn(), next: vi.fn() }
  show(acts)
  press('a', { repeat: true })
  press('j', { repeat: true })
  expect([acts.approve.mock.calls.length, acts.next.mock.calls.length]).toEqual([0, 1])
})

it('gives a key to what came last, and to the one before where that does not apply', () => {
  const first = vi.fn()
  const second = vi.fn().mockReturnValueOnce(false)
  show({ leave: first })
  const later = show({ leave: second })
  press('Escape')
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1])
  press('Escape')
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 2])
  later.unmount()
  press('Escape')
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([2, 2])
})

it('can be switched off for keys without Ctrl', () => {
  const acts = { approve: vi.fn(), send: vi.fn(), leave: vi.fn() }
  show(acts)
  setPlainKeys(false)
  press('a')
  press('Enter', { ctrlKey: true })
  press('Escape')
  expect(Object.values(acts).map((act) => act.mock.calls.length)).toEqual([0, 1, 1])
})
