import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { setLanguage } from '../../shared/i18n'

const THERE = '2026-03-01T09:00:00+08:00'
type Time = typeof import('./time')

/** The page, opened on a device whose clock shows this. */
async function opened(device: string): Promise<Time> {
  vi.resetModules()
  vi.setSystemTime(new Date(device))
  return import('./time')
}

beforeEach(() => {
  vi.useFakeTimers()
  setLanguage('zh')
})
afterEach(() => vi.useRealTimers())

it.each(['2026-03-01T01:00:00Z', '2026-02-28T20:00:00Z', '2026-03-01T09:00:00Z', '2031-01-01T00:00:00Z'])(
  'goes by the server’s clock on a device that shows %s',
  async (device) => {
    const time = await opened(device)
    time.hear({ now: THERE, time_zone: 'Asia/Shanghai' })
    expect(time.now.value).toBe(Date.parse(THERE))
    expect(time.since('2026-03-01T06:57:00+08:00')).toBe('2 小时 3 分钟')
    vi.advanceTimersByTime(60_000)
    expect(time.now.value).toBe(Date.parse(THERE) + 60_000)
    expect(time.since('2026-03-01T06:57:00+08:00')).toBe('2 小时 4 分钟')
  },
)

it('follows every answer, so that a device whose clock is set does not matter', async () => {
  const time = await opened('2026-03-01T01:00:00Z')
  time.hear({ now: THERE, time_zone: 'Asia/Shanghai' })
  vi.setSystemTime(new Date('2026-03-01T06:00:00Z'))
  time.hear({ now: '2026-03-01T09:00:30+08:00', time_zone: 'Asia/Shanghai' })
  expect(time.now.value).toBe(Date.parse(THERE) + 30_000)
})

it('writes times in the exam’s zone', async () => {
  const time = await opened('2026-03-01T01:00:00Z')
  time.hear({ now: THERE, time_zone: 'Asia/Urumqi' })
  expect([time.at('2026-03-01T01:05:00Z'), time.clock('2026-03-01T01:05:00Z')]).toEqual(['2026/3/1 07:05', '07:05'])
  time.hear({ now: THERE, time_zone: 'Asia/Shanghai' })
  expect([time.at('2026-03-01T01:05:00Z'), time.clock(Date.parse(THERE))]).toEqual(['2026/3/1 09:05', '09:00'])
})

it('names the zone only where the device shows another time of day', async () => {
  const time = await opened('2026-03-01T01:00:00Z')
  const offset = vi.spyOn(Date.prototype, 'getTimezoneOffset')
  offset.mockReturnValue(-480)
  time.hear({ now: THERE, time_zone: 'Asia/Shanghai' })
  expect(time.zoneNote.value).toBe('')
  offset.mockReturnValue(0)
  vi.advanceTimersByTime(30_000)
  expect(time.zoneNote.value).toBe('时间均为北京时间')
})

it('keeps what it knows when an answer tells nothing', async () => {
  const time = await opened('2026-02-28T20:00:00Z')
  time.hear({ now: THERE, time_zone: 'Asia/Shanghai' })
  for (const nothing of [undefined, null, {}, { now: 'soon', time_zone: 8 }, 'text']) time.hear(nothing)
  expect([time.now.value, time.clock(time.now.value)]).toEqual([Date.parse(THERE), '09:00'])
})
