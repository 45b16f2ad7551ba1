import { expect, it } from 'vitest'
import { remaining } from './remaining'
import { checklist, groups, lockedImages, offeredSlot, secondsCount, stageOf, urgencyOf, whereabouts } from './rules'
import { aReview, aSlot, aView, lack } from './testing'

it('offers the next empty slot that may be used, and only that', () => {
  const slots = [aSlot('a-1', { state: 'ready' }), aSlot('a-2', { locked: true }), aSlot('a-3'), aSlot('a-4')]
  const [category] = aView({ a: slots }).categories
  expect(offeredSlot(category!, new Set())?.slot).toBe('a-3')
  expect(offeredSlot(category!, new Set(['a-3']))?.slot).toBe('a-4')
  expect(offeredSlot(category!, new Set(['a-3', 'a-4']))).toBeUndefined()
})

it('says what may be done when', () => {
  const view = aView({})
  const opens = Date.parse(view.exam.windows.upload.opens)
  const end = Date.parse(view.editable_until)
  const minute = 60_000
  expect(stageOf(view, opens - 1)).toBe('early')
  expect(stageOf(view, opens)).toBe('open')
  expect(stageOf(view, end - 1)).toBe('open')
  expect(stageOf(view, end)).toBe('grace')
  expect(stageOf(view, end + 10 * minute - 1)).toBe('grace')
  expect(stageOf(view, end + 10 * minute)).toBe('over')
  expect(stageOf({ ...view, status: 'returned' }, opens - 1)).toBe('open')
})

it('says how near the end is, to those who have something to do', () => {
  const view = aView({})
  const end = Date.parse(view.editable_until)
  const hour = 3_600_000
  const last = end + hour / 6
  const told = [end - 24 * hour - 1, end - 24 * hour, end - hour - 1, end - hour, end - 1, end, last - 1, last]
  const urgencies = ['none', 'soon', 'soon', 'last', 'last', 'grace', 'grace', 'over']
  for (const status of ['draft', 'returned'] as const) {
    expect(told.map((now) => urgencyOf({ ...view, status }, now))).toEqual(urgencies)
  }
  for (const status of ['submitted', 'approved'] as const) {
    expect(told.map((now) => urgencyOf({ ...view, status }, now))).toEqual(told.map(() => 'none'))
  }
  expect(urgencyOf(view, Date.parse(view.exam.windows.upload.opens) - 1)).toBe('none')
})

it('counts seconds from ten minutes before the end until well after grace', () => {
  const view = aView({})
  const end = Date.parse(view.editable_until)
  const minute = 60_000
  const told = [end - 10 * minute - 1, end - 10 * minute, end, end + 20 * minute - 1, end + 20 * minute]
  expect(told.map((now) => secondsCount(view, now))).toEqual([false, true, true, true, false])
  expect(secondsCount({ ...view, status: 'submitted' }, end)).toBe(false)
  expect(secondsCount(null, end)).toBe(false)
})

it('says how long is left', () => {
  const hour = 3_600_000
  expect(remaining(76 * hour + 60_000, 'zh')).toBe('3 天 4 小时')
  expect(remaining(1.5 * hour, 'zh')).toBe('1 小时 30 分钟')
  expect(remaining(25 * 60_000, 'en')).toBe('25 min')
  expect(remaining(10 * 60_000 + 1000, 'zh')).toBe('10 分钟')
  expect(remaining(10 * 60_000, 'zh')).toBe('10 分 0 秒')
  expect(remaining(9 * 60_000 + 58_999, 'zh')).toBe('9 分 58 秒')
  expect(remaining(9 * 60_000 + 58_000, 'en')).toBe('9 min 58 s')
  expect(remaining(59_000, 'zh')).toBe('59 秒')
  expect(remaining(-1, 'zh')).toBe('0 秒')
})

it('lists what is required and whether it is there, as the server says', () => {
  const view = aView({
    identity: [aSlot('identity-1', { state: 'ready' }), aSlot('identity-2', { state: 'ready' })],
    diploma: [aSlot('diploma-1')],
    work: [aSlot('work-1', { state: 'rejected' })],
    trial: [aSlot('trial-1', { state: 'reserved' })],
    licence: [aSlot('licence-1')],
  })
  view.categories[4]!.required = false
  view.missing = [lack('diploma'), lack('work'), lack('trial')]
  const listed = (busy: string[] = []) => checklist(view, new Set(busy)).map(({ id, state, images }) => [id, state, images])
  expect(listed()).toEqual([
    ['identity', 'done', 2],
    ['diploma', 'missing', 0],
    ['work', 'rejected', 0],
    ['trial', 'uploading', 0],
  ])
  expect(listed(['diploma'])[1]).toEqual(['diploma', 'uploading', 0])
})

it('lists the images that were returned, and leaves out what is locked', () => {
  const returned = (id: string, more = {}) => aSlot(id, { state: 'ready', review: aReview(), ...more })
  const view = aView({
    identity: [aSlot('identity-1', { state: 'ready', locked: true })],
    diploma: [returned('diploma-1'), returned('diploma-2', { review: aReview({ replaced: true }) })],
    work: [returned('work-1', { state: 'empty' }), aSlot('work-2', { state: 'ready', locked: true })],
    trial: [returned('trial-1', { state: 'empty' })],
    other: [returned('other-1', { state: 'rejected' }), returned('other-2', { state: 'reserved' })],
  })
  view.status = 'returned'
  view.missing = [lack('diploma', 'diploma-1'), lack('trial'), lack('other')]
  expect(checklist(view, new Set()).map(({ id, state }) => [id, state])).toEqual([
    ['diploma-1', 'returned'],
    ['diploma-2', 'replaced'],
    ['work-1', 'removed'],
    ['trial-1', 'missing'],
    ['other-1', 'rejected'],
    ['other-2', 'uploading'],
  ])
  expect(lockedImages(view)).toBe(2)
})

it.each([
  [[0.09, 0.81, 0.52, 0.9], '左下'],
  [[0, 0, 0.2, 0.2], '左上'],
  [[0.4, 0.4, 0.6, 0.6], '中间'],
  [[0, 0.7, 1, 1], '下方'],
  [[0.8, 0, 1, 1], '右侧'],
  [[0, 0, 1, 1], '中间'],
  [[1, 1, 1, 1], '右下'],
] as [[number, number, number, number], string][])('says where the box %j is', (box, words) => {
  expect(whereabouts(box).zh).toBe(words)
})

it('writes a hash in groups', () => {
  expect(groups('0123456789abcdef0')).toBe('01234567 89abcdef 0')
  expect(groups('01234567')).toBe('01234567')
})
