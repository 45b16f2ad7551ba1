import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { h, nextTick, ref } from 'vue'

const prototype = HTMLDialogElement.prototype as Partial<HTMLDialogElement>
const { showModal } = prototype
let wrapper: VueWrapper
let ModalDialog: typeof import('./ModalDialog.vue').default

afterEach(() => wrapper.unmount())

/** A page with an opener and the dialogs that are open, one inside the other. */
async function page(inner = ref(false)) {
  document.body.innerHTML = '<div id="app"><main id="main" tabindex="-1"><button id="opener">open</button></main></div>'
  const opener = document.getElementById('opener')!
  opener.focus()
  const closed: string[] = []
  const shown = ref(true)
  const nested = () =>
    h(ModalDialog, { label: 'inner', onClose: () => closed.push('inner') }, () => h('button', { id: 'only' }, 'only'))
  const dialog = () =>
    h(ModalDialog, { label: 'outer', onClose: () => closed.push('outer') }, () => [
      h('button', { id: 'first' }, 'first'),
      h('button', { id: 'second', autofocus: '' }, 'second'),
      h('button', { id: 'third' }, 'third'),
      inner.value ? nested() : null,
    ])
  wrapper = mount({ render: () => (shown.value ? dialog() : null) }, { attachTo: document.getElementById('app')! })
  await nextTick()
  return { closed, shown, opener }
}

function key(name: string, shiftKey = false): boolean {
  const event = new KeyboardEvent('keydown', { key: name, shiftKey, bubbles: true, cancelable: true })
  document.activeElement!.dispatchEvent(event)
  return event.defaultPrevented
}
const focused = () => document.activeElement?.id

describe('a dialog where the browser has none', () => {
  beforeEach(async () => {
    delete prototype.showModal
    vi.resetModules()
    ModalDialog = (await import('./ModalDialog.vue')).default
  })
  afterEach(() => {
    prototype.showModal = showModal
  })

  it('is a dialog to screen readers, and hides the rest of the page as long as it is open', async () => {
    const { shown } = await page()
    const box = document.querySelector('[role="dialog"]')!
    expect(box.getAttribute('aria-modal')).toBe('true')
    expect(box.getAttribute('aria-label')).toBe('outer')
    const app = document.getElementById('app')!
    expect([app.hasAttribute('inert'), app.getAttribute('aria-hidden')]).toEqual([true, 'true'])
    expect(document.documentElement.className).toBe('behind-dialog')
    shown.value = false
    await nextTick()
    expect(document.querySelector('[role="dialog"]')).toBe(null)
    expect([app.hasAttribute('inert'), app.getAttribute('aria-hidden')]).toEqual([false, null])
    expect(document.documentElement.className).toBe('')
  })

  it('takes the focus, keeps it, and gives it back', async () => {
    const { shown, opener } = await page()
    expect(focused()).toBe('second')
    expect(key('Tab')).toBe(false)
    document.getElementById('third')!.focus()
    expect(key('Tab')).toBe(true)
    expect(focused()).toBe('first')
    expect(key('Tab', true)).toBe(true)
    expect(focused()).toBe('third')
    // As in a browser that does not know `inert`.
    document.getElementById('app')!.removeAttribute('inert')
    opener.focus()
    expect(document.activeElement?.getAttribute('role')).toBe('dialog')
    shown.value = false
    await nextTick()
    expect(focused()).toBe('opener')
  })

  it('gives the focus to what is left when the button that opened it has gone', async () => {
    const { shown, opener } = await page()
    opener.remove()
    shown.value = false
    await nextTick()
    expect(focused()).toBe('main')
  })

  it('closes with Esc, only the topmost', async () => {
    const inner = ref(false)
    const { closed } = await page(inner)
    inner.value = true
    await nextTick()
    expect(focused()).toBe('only')
    key('Escape')
    expect(closed).toEqual(['inner'])
    inner.value = false
    await nextTick()
    expect(focused()).toBe('second')
    key('Escape')
    expect(closed).toEqual(['inner', 'outer'])
  })

  it('closes with a press beside the box that also began there', async () => {
    const { closed } = await page()
    const veil = document.querySelector('[role="dialog"]')!
    document.getElementById('third')!.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }))
    veil.dispatchEvent(new MouseEvent('click', { bubbles: true }))
    expect(closed).toEqual([])
    veil.dispatchEvent(new MouseEvent('mousedown', { bubbles: true }))
    veil.dispatchEvent(new MouseEvent('click', { bubbles: true }))
    expect(closed).toEqual(['outer'])
  })
})

describe('a dialog of the browser', () => {
  beforeEach(async () => {
    vi.resetModules()
    ModalDialog = (await import('./ModalDialog.vue')).default
  })

  it('is used where there is one, and closes itself alone with Esc', async () => {
    const inner = ref(false)
    const { closed } = await page(inner)
    inner.value = true
    await nextTick()
    const [outer] = document.querySelectorAll('dialog')
    expect(document.querySelectorAll('dialog[open]').length).toBe(2)
    expect(outer!.closest('#app')).not.toBe(null)
    document.getElementById('only')!.focus()
    key('Escape')
    expect(closed).toEqual(['inner'])
  })
})
