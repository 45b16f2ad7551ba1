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
function shown(state: Partial<Job>, held: Partial<Slot> = {}) {
  const view = aView({ other: [aSlot('other-1', held)] })
  const slotView = view.categories[0]!.slots[0]!
  const now = () => Date.parse(view.now)
  const uploads = createUploads({ view: () => view, now, reload: never, poll: () => undefined, call: never as never })
  const job = Object.assign(uploads.start('other', { ...slotView, state: 'empty' }, aPrepared('ab')), state)
  return mountIn(UploadProgress, view, { job, slotView, title: '其他', text: '正在…' })
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
