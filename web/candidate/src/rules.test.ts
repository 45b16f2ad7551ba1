import { expect, it } from 'vitest'
import { remaining } from './remaining'
import { offeredSlot, stageOf } from './rules'
import { aSlot, aView } from './testing'

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

it('says how long is left', () => {
  const hour = 3_600_000
  expect(remaining(76 * hour + 60_000, 'zh')).toBe('3 天 4 小时')
  expect(remaining(1.5 * hour, 'zh')).toBe('1 小时 30 分钟')
  expect(remaining(59_000, 'zh')).toBe('不到 1 分钟')
  expect(remaining(25 * 60_000, 'en')).toBe('25 min')
})
