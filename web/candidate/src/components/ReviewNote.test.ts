import { afterEach, expect, it } from 'vitest'
import { aReview, aSlot, aView, mountIn } from '../testing'
import MarkedImage from './MarkedImage.vue'
import ReviewNote from './ReviewNote.vue'

let pages: ReturnType<typeof mountIn>[] = []
afterEach(() => {
  for (const { wrapper, application } of pages) {
    wrapper.unmount()
    application.stop()
  }
  pages = []
})

const region: [number, number, number, number] = [0.25, 0.5, 0.75, 1]

function shown(more: Partial<ReturnType<typeof aSlot>>, now?: string) {
  const slotView = aSlot('a-1', { state: 'ready', image_url: 'blob:a', width: 400, height: 200, ...more })
  const view = aView({ a: [slotView] })
  view.now = now ?? view.now
  const image = mountIn(MarkedImage, view, { slotView, alt: '' })
  const note = mountIn(ReviewNote, view, { slotView })
  pages.push(image, note)
  return { box: image.see('region'), words: note.see('review').text().replace(/\s+/g, ' ') }
}

it('shows where on the image, as a box and in words', () => {
  const { box, words } = shown({ review: aReview({ note: '看不清', region }) })
  expect(words).toBe('需要修改：不清晰 考点说明：看不清 审核人员标出的位置：下方（图中方框处）。 请更换图片后重新提交。')
  expect(box.attributes('viewBox')).toBe('0 0 400 200')
  const { x, y, width, height } = box.get('rect').attributes()
  expect([x, y, width, height]).toEqual(['100', '100', '200', '100'])
})

it('keeps the reason for a new image, but not the box, which was drawn on the old one', () => {
  const { box, words } = shown({ review: aReview({ region, replaced: true }) })
  expect(box.exists()).toBe(false)
  expect(words).toBe('上次退回的原因：不清晰 已更换图片，请重新提交。')
})

it('keeps the reason when the image has been deleted', () => {
  const { box, words } = shown({ state: 'empty', image_url: null, width: null, height: null, review: aReview({ region }) })
  expect(box.exists()).toBe(false)
  expect(words).toBe('需要修改：不清晰 请上传图片后重新提交。')
})

it('asks for nothing that cannot be done any more', () => {
  const [grace, over] = ['2026-03-13T00:05:00+08:00', '2026-03-13T00:10:00+08:00']
  expect(shown({ review: aReview() }, grace).words).toBe('需要修改：不清晰')
  expect(shown({ review: aReview({ replaced: true }) }, grace).words).toBe('上次退回的原因：不清晰 已更换图片，请重新提交。')
  expect(shown({ review: aReview({ replaced: true }) }, over).words).toBe('上次退回的原因：不清晰')
})
