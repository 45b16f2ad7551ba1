import { expect, it, vi } from 'vitest'
import { createUploads } from '../composables/useUploads'
import { aPrepared, aSlot, aView, mountIn } from '../testing'
import type { Slot } from '../rules'
import type { Job } from '../upload/job'
import UploadProgress from './UploadProgress.vue'

URL.createObjectURL = () => 'blob:picture'
URL.revokeObjectURL = () => undefined
const never = () => new Promise<never>(() => undefined)

/** An upload in this state, in a slot that the server says is `held`. */
function shown(state: Partial<Job>, held: Partial<Slot> = {}, at?: string) {
  const view = aView({ other: [aSlot('other-1', held)] })
  view.now = at ?? view.now
  const slotView = view.categories[0]!.slots[0]!
  const now = () => Date.parse(view.now)
  const uploads = createUploads({ view: () => view, now, reload: never, poll: () => undefined, call: never as never })
  const job = Object.assign(uploads.start('other', { ...slotView, state: 'empty' }, aPrepared('ab')), state)
  return mountIn(UploadProgress, view, { job, slotView, title: '其他' })
}

const failed: Partial<Job> = { phase: 'failed', error: { zh: '原因', en: '' }, retryable: true, hold: 'none' }

it('that waits can be hurried or given up', async () => {
  const hurry = vi.fn()
  const { see } = shown({ phase: 'waiting', hurry })
  await see('hurry').trigger('click')
  expect(hurry).toHaveBeenCalled()
  expect(see('cancel-upload').attributes('aria-label')).toBe('取消上传 其他')
})

it.each(['reserving', 'sending', 'waiting', 'checking'] as const)('can be given up while %s', (phase) => {
  expect(shown({ phase }).see('cancel-upload').exists()).toBe(true)
})

it('that failed says why, and offers another try and another choice', () => {
  const { see } = shown(failed)
  expect(see('problem').text()).toBe('原因')
  expect([see('retry').exists(), see('file-other-1').exists(), see('cancel-upload').text()]).toEqual([true, true, '知道了'])
})

it.each<[string, Partial<Slot>]>([
  ['has an image', { state: 'ready' }],
  ['is being uploaded', { state: 'reserved' }],
  ['is locked', { locked: true }],
])('does not offer to replace what another page did: the slot %s', (_, held) => {
  const { see } = shown(failed, held)
  expect([see('retry').exists(), see('file-other-1').exists(), see('cancel-upload').exists()]).toEqual([false, false, true])
})

it.each<[string, Partial<Job>, string, string | undefined]>([
  ['2026-03-13T00:05:00+08:00', { hold: 'none' }, '上传已截止，这张图片没有上传成功，不能再试。', '知道了'],
  ['2026-03-13T00:05:00+08:00', { hold: 'held' }, '上传已截止，这张图片没有上传成功。请点“取消上传”，再提交已上传的材料。', '取消上传'],
  ['2026-03-13T00:10:00+08:00', { hold: 'held' }, '上传已截止，这张图片没有上传成功，不能再试。', undefined],
])('that failed says at %s what can still be done, %o', (at, state, words, button) => {
  const { see } = shown({ ...failed, ...state }, {}, at)
  expect([see('problem').text(), see('retry').exists()]).toEqual([words, false])
  expect(see('cancel-upload').exists() ? see('cancel-upload').text() : undefined).toBe(button)
})
