/** What the queue's components show. The kit's own components are plain elements here. */
import { config, mount, type VueWrapper } from '@vue/test-utils'
import { h, nextTick, type SetupContext } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { setLanguage } from '../../shared/i18n'
import AgreementTable from './AgreementTable.vue'
import { filters, NO_FILTERS, setFilters } from './composables/useRoute'
import DisagreementItem from './DisagreementItem.vue'
import { listenToKeys } from './keys'
import type { Item } from './news'
import QueueEmpty from './QueueEmpty.vue'
import QueueFilters from './QueueFilters.vue'
import QueueTable from './QueueTable.vue'
import { hear } from './time'

const NOW = Date.parse('2026-03-03T09:00:00+08:00')
const HOUR = 3_600_000
const ago = (hours: number) => new Date(NOW - hours * HOUR).toISOString()
const row = (application: string, more: Partial<Item> = {}): Item => ({
  application, registration_no: application, name: '王一', status: 'submitted', round: 1, since: ago(1), claim: null, ...more,
})

const plain = { setup: (_: object, { slots }: SetupContext) => () => h('div', slots.default?.()) }
config.global.components = { ElButton: plain, ElRadioGroup: plain, ElRadioButton: plain }

let stop: () => void
let shown: VueWrapper | null = null
const press = (key: string) => document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))

beforeEach(() => {
  // A device whose clock is six hours behind.
  vi.useFakeTimers({ now: NOW - 6 * HOUR })
  setLanguage('zh')
  setFilters(NO_FILTERS)
  hear({ now: new Date(NOW).toISOString(), time_zone: 'Asia/Shanghai' })
  stop = listenToKeys()
})
afterEach(() => {
  stop()
  shown?.unmount()
  shown = null
  vi.useRealTimers()
})

function table(items: Item[], by = {}, gone?: Set<string>) {
  const options = { props: { items, by: { ...NO_FILTERS, ...by }, gone }, attachTo: document.body }
  shown = mount(QueueTable, options)
  return shown
}
const cells = (application: string) =>
  shown!.get(`[data-testid=queue-row-${application}]`).findAll('th, td').map((cell) => cell.text().replace(/\s+/g, ' '))

it('says in words how long something waits, by the server’s clock', () => {
  table([row('a', { since: ago(3) }), row('b', { since: ago(24) }), row('c', { since: ago(50), round: 2 })])
  expect(cells('a')).toEqual(['a', '王一', '第 1 轮', '3 小时 0 分钟2026/3/3 06:00', '未领取'])
  expect(cells('b')[3]).toBe('1 天 0 小时2026/3/2 09:00超过 24 小时')
  expect(cells('c').slice(2, 4)).toEqual(['第 2 轮', '2 天 2 小时2026/3/1 07:00超过 48 小时'])
})

it('tells whose a case is; a claim that has run out by the server’s clock is nobody’s', () => {
  const claim = (mine: boolean, minutes: number) => ({ by: '李', mine, expires_at: new Date(NOW + minutes * 60_000).toISOString() })
  table([row('a', { claim: claim(true, 5) }), row('b', { claim: claim(false, 5) }), row('c', { claim: claim(false, -1) }), row('d')], {}, new Set('d'))
  expect(['a', 'b', 'c', 'd'].map((name) => cells(name)[4])).toEqual(['我已领取 · 09:05', '李 审核中', '未领取', '已不在此列表'])
})

it('shows when the decided ones were decided, and of what is found the status', () => {
  table([row('a', { status: 'returned', since: ago(60) })], { status: 'returned' })
  expect(shown!.findAll('thead th').map((cell) => cell.text())).toEqual(['报名号', '姓名', '轮次', '审核时间'])
  expect(cells('a')).toEqual(['a', '王一', '第 1 轮', '2 天 12 小时2026/2/28 21:00'])
  shown!.unmount()
  table([row('a', { status: 'approved' }), row('b')], { search: '王' })
  expect([cells('a')[2], cells('a')[5], cells('b')[2], cells('b')[5]]).toEqual(['已通过', '', '待审核', '未领取'])
})

it('goes from row to row with the arrows, and stops at the ends', async () => {
  table([row('a'), row('b')])
  const at = () => document.activeElement?.textContent
  press('ArrowUp')
  expect(document.activeElement).toBe(document.body)
  press('ArrowDown')
  expect(at()).toBe('a')
  press('ArrowDown')
  press('ArrowDown')
  expect(at()).toBe('b')
  press('ArrowUp')
  press('ArrowUp')
  expect(at()).toBe('a')
})

it('searches when the typing pauses, and leaves the field with Esc', async () => {
  shown = mount(QueueFilters, { props: { counts: { submitted: 3 } }, attachTo: document.body })
  const field = shown.get<HTMLInputElement>('[data-testid=search]')
  press('/')
  expect(document.activeElement).toBe(field.element)
  await field.setValue('王')
  await field.setValue('王一 ')
  vi.advanceTimersByTime(299)
  expect(filters.value.search).toBe('')
  vi.advanceTimersByTime(1)
  expect(filters.value.search).toBe('王一')
  await nextTick()
  expect(shown.get('[data-testid=filter-round]').attributes()).toHaveProperty('disabled')
  expect(field.element.value).toBe('王一 ')
  press('Escape')
  await nextTick()
  expect([field.element.value, filters.value.search, shown.emitted('leave')]).toEqual(['', '', undefined])
  press('Escape')
  expect(shown.emitted('leave')).toHaveLength(1)
})

it('offers claims and waits only for what waits', async () => {
  shown = mount(QueueFilters, { props: { counts: { submitted: 3, returned: 0 } } })
  await shown.get('[data-testid=filter-waiting]').setValue('24')
  await shown.get('[data-testid=filter-mine]').setValue(true)
  await shown.get('[data-testid=filter-round]').setValue('2')
  expect(filters.value).toEqual({ ...NO_FILTERS, waiting: 24, mine: true, round: 2 })
  expect(shown.findAll('[data-testid^=count-]').map((count) => count.text())).toEqual(['3', '0'])
  setFilters({ status: 'returned' })
  await nextTick()
  expect(['filter-round', 'filter-waiting', 'filter-mine'].map((id) => shown!.find(`[data-testid=${id}]`).exists())).toEqual([true, false, false])
})

it.each([
  [{}, { submitted: 0 }, '没有等待审核的材料。', 0],
  [{ round: 2 }, { submitted: 0 }, '没有等待审核的材料。', 0],
  [{ round: 2 }, { submitted: 9 }, '「待审核」中没有符合以下条件的材料：第 2 轮。', 1],
  [{ round: 2, waiting: 24, mine: true }, { submitted: 9 }, '「待审核」中没有符合以下条件的材料：第 2 轮、等待 24 小时以上、我已领取的。', 4],
  [{ status: 'returned', waiting: 24, mine: true }, { returned: 9 }, '没有已退回的材料。', 0],
  [{ search: '王', round: 2 }, { submitted: 9 }, '没有找到报名号以“王”开头或姓名含“王”的材料。', 1],
] as const)('says why %j leaves nothing of %j', async (by, counts, text, buttons) => {
  setFilters(by)
  shown = mount(QueueEmpty, { props: { by: { ...NO_FILTERS, ...by }, counts: { ...counts }, more: false } })
  expect([shown.get('[role=status]').text(), shown.findAll('.empty div').length]).toEqual([text, buttons])
  if (!buttons) return
  await shown.get('[data-testid=clear-filters]').trigger('click')
  expect(filters.value).toEqual('search' in by ? { ...NO_FILTERS, ...by, search: '' } : NO_FILTERS)
})

it('gives no percentage of very few, and 100% only for all', () => {
  const rows = [['a', 4, 4], ['b', 5, 4], ['c', 1000, 999], ['d', 5, 0], ['e', 6, 6]] as const
  shown = mount(AgreementTable, {
    props: { kind: 'site', title: 'x', of: 'y', rows: rows.map(([id, checked, agreed]) => ({ id, name: id, checked, agreed })) },
  })
  const rate = (id: string) => shown!.get(`[data-testid=agreement-site-${id}]`).findAll('td').map((cell) => cell.text())
  expect(rows.map(([id]) => rate(id))).toEqual([
    ['4', '4', '样本不足'], ['5', '4', '80%'], ['1000', '999', '99%'], ['5', '0', '0%'], ['6', '6', '100%'],
  ])
})

it('puts two decisions side by side, with reasons in words', () => {
  const first = { by: '甲', at: ago(30), outcome: 'return' as const, reasons: { 'identity-1': 'blurred', 'diploma-1': 'odd' } }
  const second = { by: '乙', at: ago(2), outcome: 'approve' as const, reasons: {} }
  const one = { application: 'demo_2026', round: 2, site: { id: '370100', name: { zh: '济南', en: 'Jinan' } }, first, second }
  const slots = { 'identity-1': { zh: '身份证明 · 正面', en: 'Identity · front' } }
  shown = mount(DisagreementItem, { props: { one, reasons: { blurred: '图片模糊' }, slots } })
  const text = (selector: string) => shown!.findAll(selector).map((found) => found.text().replace(/\s+/g, ' '))
  expect(text('h3')).toEqual(['2026第 2 轮 · 济南'])
  expect(text('section')).toEqual([
    '第一次审核（有效）退回 甲 2026/3/2 03:00身份证明 · 正面图片模糊diploma-1odd',
    '抽查审核通过 乙 2026/3/3 07:00',
  ])
})
