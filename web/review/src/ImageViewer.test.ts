import { mount, type VueWrapper } from '@vue/test-utils'
import { nextTick } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Slot } from './composables/useCase'
import type { Region } from './draft'
import ImageViewer from './ImageViewer.vue'
import { listenToKeys } from './keys'
import { MIDDLE } from './region'
import { aReview, components, stubLayout, STAGE } from './testing'

let viewer: VueWrapper
let stop: () => void
let region: Region | null
let marked: boolean | null
const find = (id: string) => viewer.find(`[data-testid=${id}]`)
const said = () => (viewer.emitted('region') ?? []).map(([box]) => box)

/** As the page does it: what is emitted comes back as properties. */
function open(slot: 'identity-1' | 'diploma-1', at: { marked?: boolean | null; region?: Region | null } = {}) {
  viewer?.unmount()
  const review = aReview()
  const category = review.categories.find((one) => one.slots.some((two) => two.slot === slot))!
  region = at.region ?? null
  marked = at.marked === undefined ? false : at.marked
  const give = () => viewer.setProps({ region, marked })
  viewer = mount(ImageViewer, {
    props: {
      review, category, slot: category.slots[0]!, marked, region,
      onRegion: (box: Region | null) => ((region = box), void give()),
      onMark: () => ((marked = !marked), void give()),
    },
    global: { components },
    attachTo: document.body,
  })
  for (const img of viewer.findAll('img')) {
    Object.defineProperties(img.element, { naturalWidth: { value: 1500 }, naturalHeight: { value: 2000 } })
    img.element.dispatchEvent(new Event('load'))
  }
  return nextTick()
}

async function press(key: string, init: KeyboardEventInit = {}) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init })
  ;(document.activeElement ?? document.body).dispatchEvent(event)
  await nextTick()
  await nextTick()
  return event
}

async function drag(target: Element, from: [number, number], to: [number, number]) {
  const send = (type: string, [x, y]: [number, number]) =>
    target.dispatchEvent(
      new PointerEvent(type, { bubbles: true, pointerId: 7, clientX: x + STAGE.width / 2, clientY: y + STAGE.height / 2 }),
    )
  send('pointerdown', from)
  send('pointermove', to)
  send('pointerup', to)
  await nextTick()
}

beforeEach(async () => {
  stubLayout()
  stop = listenToKeys()
  await open('diploma-1')
})

afterEach(() => {
  viewer.unmount()
  stop()
})

it('puts a box into the middle by B, moves and resizes it by arrows, and keeps it by Enter', async () => {
  await press('b')
  expect(marked).toBe(true)
  expect(document.activeElement).toBe(find('region-box').element)
  expect(said()).toEqual([])
  await press('Enter')
  expect(region).toEqual(MIDDLE)
  expect(find('draw-region').attributes('aria-pressed')).toBe('false')

  await press('b')
  await press('ArrowRight')
  expect(region![0]).toBeGreaterThan(MIDDLE[0])
  expect(region![2] - region![0]).toBeCloseTo(MIDDLE[2] - MIDDLE[0], 3)
  const wide = region![2] - region![0]
  await press('ArrowRight', { shiftKey: true })
  expect(region![2] - region![0]).toBeGreaterThan(wide)
})

it('has the focus in the box also where the place of the image is known only later', async () => {
  const measured: ((entries: { contentRect: typeof STAGE }[]) => void)[] = []
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(told: (typeof measured)[number]) {
        measured.push(told)
      }
      observe = () => undefined
      disconnect = () => undefined
    },
  )
  await open('identity-1')
  await press('b')
  expect(find('region-box').exists()).toBe(false)
  for (const told of measured) told([{ contentRect: STAGE }])
  await nextTick()
  await nextTick()
  expect(document.activeElement).toBe(find('region-box').element)
})

it('drops by Esc what was drawn and the mark that came with it, wherever the focus is', async () => {
  await press('b')
  await press('ArrowLeft')
  ;(document.activeElement as HTMLElement).blur()
  const event = await press('Escape')
  expect([region, marked, event.defaultPrevented]).toEqual([null, false, true])
  expect(find('region-box').exists()).toBe(false)
})

it('brings the box before back by Esc, and leaves an older mark', async () => {
  await open('diploma-1', { marked: true, region: [0.1, 0.1, 0.2, 0.2] })
  await press('b')
  await press('ArrowDown')
  expect(region).not.toEqual([0.1, 0.1, 0.2, 0.2])
  await press('Escape')
  expect([region, marked]).toEqual([[0.1, 0.1, 0.2, 0.2], true])
})

it('shows a box that is there, and removes it by Delete or its button', async () => {
  const box: Region = [0.1, 0.2, 0.3, 0.4]
  await open('diploma-1', { marked: true, region: box })
  expect(find('region-box').attributes('aria-label')).toBe('标出的框：距左 10%，距上 20%，宽 20%，高 20%')
  await press('Delete')
  expect(region).toBeNull()
  expect(find('clear-region').exists()).toBe(false)
  await open('diploma-1', { marked: true, region: box })
  await find('clear-region').trigger('click')
  expect(region).toBeNull()
})

it('draws by dragging, also on a turned image', async () => {
  await press('c')
  await press('t')
  await find('draw-region').trigger('click')
  await nextTick()
  // Turned to the right, 1500 × 2000 px fit at 0.3: a place on the image is 0.5 + y / 450, 0.5 - x / 600.
  await drag(viewer.get('.layer').element, [-150, -90], [30, 45])
  expect(region!.map((part) => Number(part.toFixed(3)))).toEqual([0.3, 0.45, 0.6, 0.75])
  expect(find('draw-region').attributes('aria-pressed')).toBe('false')
})

it('takes a click for no box', async () => {
  await find('draw-region').trigger('click')
  await nextTick()
  await drag(viewer.get('.layer').element, [0, 0], [2, 1])
  expect(said()).toEqual([])
  expect(find('draw-region').attributes('aria-pressed')).toBe('true')
})

it('is pulled by a corner', async () => {
  await open('diploma-1', { marked: true, region: [0.2, 0.2, 0.4, 0.4] })
  await press('c')
  await drag(find('region-corner-se').element, [-52.5, -71], [0, 0])
  expect(region!.map((part) => Number(part.toFixed(2)))).toEqual([0.2, 0.2, 0.5, 0.5])
})

it('draws nothing where nothing can be marked', async () => {
  await open('diploma-1', { marked: null })
  await press('b')
  expect(find('region-box').exists()).toBe(false)
  expect(find('draw-region').exists()).toBe(false)
})

it('shows the round before beside the image, with its reason, note and box; or in its place', async () => {
  expect(find('last-reason').text()).toContain('not legible')
  expect(find('last-reason').text()).toContain('cannot be read')
  expect(find('viewer-previous').exists()).toBe(true)
  expect(find('region-previous').exists()).toBe(true)
  await press('v')
  expect(find('viewer-previous').exists()).toBe(false)
  expect(viewer.get('.before').classes()).toContain('shown')
  await press('v')
  expect(viewer.get('.before').classes()).not.toContain('shown')
  await press('c')
  expect(find('viewer-previous').exists()).toBe(true)
})

it('shares the view with the round before, and not with the example', async () => {
  const transform = (id: string) => (find(id).element.parentElement as HTMLElement).style.transform
  await press('t')
  await press('+')
  expect(transform('viewer-previous')).toBe(transform('viewer-image'))
  await open('identity-1')
  await press('e')
  await press('t')
  expect(find('compare-example').attributes('aria-pressed')).toBe('true')
  expect(transform('viewer-image')).toContain('rotate(90deg)')
  expect(transform('viewer-example')).toContain('rotate(0deg)')
})

it('compares nothing where there is nothing to compare', async () => {
  expect((await press('e')).defaultPrevented).toBe(false)
  await open('identity-1')
  for (const key of ['c', 'v']) expect((await press(key)).defaultPrevented).toBe(false)
  expect(find('compare-previous').exists()).toBe(false)
  expect(find('last-reason').exists()).toBe(false)
})

it('has a watermark over every image', async () => {
  expect(viewer.findAll('.stage')).toHaveLength(2)
  for (const stage of viewer.findAll('.stage')) expect(stage.findAll('[data-testid=watermark]')).toHaveLength(1)
})

it('says that others have sent the same image', async () => {
  expect(find('sent-by-others').exists()).toBe(false)
  const { slot } = viewer.props() as { slot: Slot }
  await viewer.setProps({ slot: { ...slot, sent_by_others: 2 } })
  expect(find('sent-by-others').text()).toBe('另有 2 名考生上传了完全相同的图片')
})

it('says what the checks found', async () => {
  const { slot } = viewer.props() as { slot: Slot }
  await viewer.setProps({ slot: { ...slot, warnings: [{ code: 'dark', text: { zh: '图片偏暗。', en: 'It is dark.' } }] } })
  expect(viewer.findAll('header .badge.warning').map((badge) => badge.text())).toEqual(['本轮有更新', '系统提示：图片偏暗。'])
})
