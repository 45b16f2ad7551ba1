import { mount, type VueWrapper } from '@vue/test-utils'
import { nextTick } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import ImageStage from './ImageStage.vue'
import { components, stubLayout } from './testing'
import { fitted } from './zoom'

let stage: VueWrapper
let picture = 0
const link = (signature: number) => `https://images.test/${picture}.jpg?signature=${signature}`
const image = () => stage.get<HTMLImageElement>('img')
const broken = () => stage.find('.broken').exists()

beforeEach(() => {
  vi.useFakeTimers()
  stubLayout()
  picture++
  stage = mount(ImageStage, {
    props: { url: link(1), label: 'diploma', size: { width: 1500, height: 2000 }, view: fitted() },
    global: { components },
  })
})

afterEach(() => {
  stage.unmount()
  vi.useRealTimers()
})

async function arrive() {
  Object.defineProperties(image().element, { naturalWidth: { value: 1500 }, naturalHeight: { value: 2000 } })
  await image().trigger('load')
}

it('keeps the place of an image that is on its way, in its proportions', () => {
  expect(stage.get('.image').attributes('style')).toContain('width: 1500px; height: 2000px')
  expect(stage.get('.image').attributes('style')).toContain('scale(0.35)')
})

it('does not fetch again what it shows when the link is renewed', async () => {
  await arrive()
  await stage.setProps({ url: link(2) })
  expect(image().attributes('src')).toBe(link(1))
})

it('replaces a link that has run out without a word', async () => {
  await image().trigger('error')
  expect(stage.emitted('failed')).toHaveLength(1)
  await stage.setProps({ url: link(2) })
  expect(image().attributes('src')).toBe(link(2))
  await arrive()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(broken()).toBe(false)
})

it('takes the fresh link that is at hand, without asking for another', async () => {
  await arrive()
  await stage.setProps({ url: link(2) })
  await image().trigger('error')
  expect(image().attributes('src')).toBe(link(2))
  expect(stage.emitted('failed')).toBeUndefined()
})

it('tries once more by itself, for the network may only have stumbled', async () => {
  const before = image().element
  await image().trigger('error')
  await vi.advanceTimersByTimeAsync(1_500)
  expect(image().element).not.toBe(before)
  await arrive()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(broken()).toBe(false)
})

it('says so when no link works, and tries again when asked to', async () => {
  await image().trigger('error')
  await vi.advanceTimersByTimeAsync(4_900)
  expect(broken()).toBe(false)
  await vi.advanceTimersByTimeAsync(200)
  expect(broken()).toBe(true)
  const before = image().element
  await stage.get('.broken button').trigger('click')
  expect(broken()).toBe(false)
  expect(image().element).not.toBe(before)
  expect(stage.emitted('failed')).toHaveLength(2)
})

it('never shows one picture under the name of another', async () => {
  await arrive()
  const before = image().element
  picture++
  await stage.setProps({ url: link(1) })
  expect(image().element).not.toBe(before)
})

it('lets nobody drag the image away or open its menu', async () => {
  for (const name of ['contextmenu', 'dragstart']) {
    const event = new Event(name, { bubbles: true, cancelable: true })
    image().element.dispatchEvent(event)
    expect(event.defaultPrevented).toBe(true)
  }
  expect(image().attributes('draggable')).toBe('false')
})

it('zooms at the pointer and keeps the image in sight', async () => {
  await stage.trigger('wheel', { deltaY: -100, clientX: 306 + 100, clientY: 356 })
  const [[view]] = stage.emitted('update:view') as [[ReturnType<typeof fitted>]]
  expect(view.zoom).toBeCloseTo(1.221)
  expect(view.x).toBeCloseTo(-22.1, 0)
  await nextTick()
})
