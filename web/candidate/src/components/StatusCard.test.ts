import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { aSlot, aView, mountIn } from '../testing'
import StatusCard from './StatusCard.vue'
import SubmitBar from './SubmitBar.vue'

let page: ReturnType<typeof mountIn> | undefined
beforeEach(() => void vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(-480))
afterEach(() => {
  page?.wrapper.unmount()
  page?.application.stop()
  vi.restoreAllMocks()
})

const view = aView({ a: [aSlot('a-1')] })
const RECEIPT = { number: '1-1', round: 1, at: '2026-03-02T08:00:00+08:00', images: [] }
const LATE = '2026-03-13T00:00:00+08:00'

function card(more: Partial<typeof view>) {
  page = mountIn(StatusCard, { ...view, ...more })
  return page
}

it.each([
  [{}, '未提交。请于 2026/3/12 24:00 前上传材料并提交审核。'],
  [{ now: '2025-12-31T23:59:00+08:00' }, '未提交，上传材料将于 2026/1/1 00:00 开始。'],
  [{ now: LATE }, '未提交，上传已于 2026/3/12 24:00 截止。'],
  [{ status: 'submitted', submitted_at: RECEIPT.at }, '已提交，等待审核（提交时间：2026/3/2 08:00:00）。'],
  [{ status: 'returned' }, '已退回，请于 2026/3/12 24:00 前修改并重新提交。'],
  [{ status: 'returned', now: LATE }, '已退回，修改已于 2026/3/12 24:00 截止。'],
  [{ status: 'approved', serial_number: '370100000001' }, '初审通过，序列号 370100000001。'],
] as [Partial<typeof view>, string][])('says the state in one sentence %#', (more, sentence) => {
  expect(card(more).see('status').text()).toBe(sentence)
})

it('names the time zone on a device of another', () => {
  vi.mocked(Date.prototype.getTimezoneOffset).mockReturnValue(0)
  expect(card({}).see('status').text()).toBe('未提交。请于 2026/3/12 24:00（北京时间） 前上传材料并提交审核。')
})

it('offers the receipt when it has been submitted here, and keeps it', async () => {
  const { wrapper, see } = card({})
  expect(see('receipt-open').exists()).toBe(false)
  await wrapper.setProps({ view: { ...view, status: 'submitted', receipt: RECEIPT } })
  expect(wrapper.get('.good').text()).toBe('提交成功。请打印或保存提交回执。')
  expect(see('receipt-open').classes()).toContain('primary')
  await see('receipt-open').trigger('click')
  expect(wrapper.emitted('receipt')).toHaveLength(1)
  await wrapper.setProps({ view: { ...view, status: 'returned', receipt: RECEIPT } })
  expect(wrapper.find('.good').exists()).toBe(false)
  expect(see('receipt-open').exists()).toBe(true)
})

it('keeps the time in sight beside the button in the last hour', () => {
  const bar = (now: string, more: Partial<typeof view> = {}) => {
    page?.wrapper.unmount()
    page?.application.stop()
    page = mountIn(SubmitBar, { ...view, now, ...more })
    const strong = page.wrapper.find('strong')
    return strong.exists() ? strong.text() : ''
  }
  expect(bar('2026-03-12T22:59:00+08:00')).toBe('')
  expect(bar('2026-03-12T23:18:00+08:00')).toBe('距截止 42 分钟')
  expect(bar('2026-03-13T00:02:00+08:00')).toBe('距提交截止 8 分 0 秒')
  expect(bar('2026-03-13T00:02:00+08:00', { missing: [{ category: 'a', slot: '' }] })).toBe('')
})

it('says which serial number is withdrawn, whatever the state', () => {
  const more = { status: 'returned', withdrawn_serial_numbers: ['370100000001'] } as Partial<typeof view>
  expect(card(more).see('withdrawn').text()).toBe('序列号 370100000001 及原通知单已作废，请勿使用。')
})
