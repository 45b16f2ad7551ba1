import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { announcement } from '../composables/announcer'
import { setLanguage } from '../../../shared/i18n'
import { aSlot, aView, lack, mountIn } from '../testing'
import DeadlineNote from './DeadlineNote.vue'

const MINUTE = 60_000
const END = Date.parse(aView({}).editable_until)
// Nothing of what is shown depends on this device's clock, which is wrong by three days, nor on where it is.
const SHIFT = 3 * 24 * 60 * MINUTE

let open: ReturnType<typeof mountIn>[] = []
beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(-480)
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  announcement.value = ''
})
afterEach(() => {
  for (const { wrapper, application } of open) {
    wrapper.unmount()
    application.stop()
  }
  open = []
  setLanguage('zh')
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** The note, told by a server whose clock says `ms` before the end. */
function note(ms: number, more: Partial<ReturnType<typeof aView>> = {}) {
  vi.setSystemTime(END - ms - SHIFT)
  const view = { ...aView({ a: [aSlot('a-1')] }), now: new Date(END - ms).toISOString(), ...more }
  const page = mountIn(DeadlineNote, view)
  page.application.refresh = vi.fn(async () => undefined)
  open.push(page)
  const text = () => page.see('deadline').text().replace(/\s+/g, ' ')
  return { ...page, text, urgency: () => page.see('deadline').attributes('data-urgency') }
}

/** Time passes as it does in a tab that sleeps: of all its ticks only the last comes. */
async function pass(ms: number) {
  vi.setSystemTime(Date.now() + ms - 1000)
  await vi.advanceTimersByTimeAsync(1000)
  await flushPromises()
}

it('is calm while there is more than a day', () => {
  const { text, urgency } = note(76 * 60 * MINUTE)
  expect([urgency(), text()]).toEqual(['none', '距截止还有 3 天 4 小时'])
})

it('says on the last day at which hour it ends', () => {
  const { text, urgency } = note(312 * MINUTE)
  expect([urgency(), text()]).toEqual(['soon', '今天 24:00 截止，还有 5 小时 12 分钟'])
})

it('is complete in English', () => {
  setLanguage('en')
  expect(note(312 * MINUTE).text()).toBe('Uploading closes today at 24:00: 5 h 12 min left')
})

it('names the time zone where the device has another', () => {
  vi.mocked(Date.prototype.getTimezoneOffset).mockReturnValue(420)
  expect(note(312 * MINUTE).text()).toBe('今天 24:00（北京时间） 截止，还有 5 小时 12 分钟')
})

it('counts seconds in the last ten minutes, and turns to grace and over at the second', async () => {
  const { text, urgency, application } = note(10 * MINUTE + 5000)
  expect(text()).toBe('今天 24:00 截止，还有 10 分钟')
  await pass(7000)
  expect(text()).toBe('今天 24:00 截止，还有 9 分 58 秒')
  await pass(1000)
  expect(text()).toBe('今天 24:00 截止，还有 9 分 57 秒')
  await pass(9 * MINUTE + 56_000)
  expect([urgency(), text()]).toEqual(['last', '今天 24:00 截止，还有 1 秒'])
  await pass(1000)
  expect([urgency(), text()]).toEqual(['grace', '上传已截止。已上传的材料可在今天 00:10 前提交。还有 10 分 0 秒'])
  await pass(10 * MINUTE)
  expect([urgency(), text()]).toEqual([
    'over',
    '现在不能再上传或提交。 如有疑问，请联系您的考点（济南）。通知单仍可查看、打印。',
  ])
  expect(application.writable.value).toBe(false)
})

it('tells screen readers at 60, 30, 10, 5 and 1 minutes and at the ends, and nothing in between', async () => {
  note(61 * MINUTE)
  const told: string[] = []
  let last = ''
  for (let second = 0; second < 72 * 60; second += 5) {
    await pass(5000)
    await nextTick()
    if (announcement.value && announcement.value !== last) told.push((last = announcement.value))
  }
  expect(told).toEqual([
    '距截止还有 60 分钟。',
    '距截止还有 30 分钟。',
    '距截止还有 10 分钟。',
    '距截止还有 5 分钟。',
    '距截止还有 1 分钟。',
    '上传已截止。已上传的材料可在今天 00:10 前提交。',
    '现在不能再上传或提交。',
  ])
})

it('does not tell screen readers of a moment that was past when the page was opened', async () => {
  note(25 * MINUTE)
  await pass(5 * MINUTE)
  expect(announcement.value).toBe('')
})

it('asks the server again at the end, for more time may have been given', async () => {
  const { application } = note(MINUTE)
  await pass(MINUTE)
  await vi.advanceTimersByTimeAsync(9000)
  expect(application.refresh).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(2000)
  expect(application.refresh).toHaveBeenCalledTimes(1)
})

it('says in grace that what is incomplete cannot be submitted any more', () => {
  const { text } = note(-2 * MINUTE, { missing: [lack('a')] })
  expect(text()).toBe('上传已截止。还有 1 项未完成，现在不能再上传，也不能提交。请联系您的考点（济南）。')
})

it('says in grace that an image on its way is waited for', () => {
  const categories = aView({ a: [aSlot('a-1', { state: 'reserved' })] }).categories
  const { text } = note(-2 * MINUTE, { missing: [lack('a')], categories })
  expect(text()).toBe('上传已截止。正在检查的图片通过后，可在今天 00:10 前提交。还有 8 分 0 秒')
})

it('is for those who have something to do', () => {
  for (const status of ['submitted', 'approved'] as const) {
    const { see } = note(MINUTE, { status })
    expect(see('deadline').exists()).toBe(false)
  }
})
