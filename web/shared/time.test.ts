import { afterEach, expect, it, vi } from 'vitest'
import { elsewhere, endStamp, minuteStamp, nearEnd, stamp, zoneName } from './time'

afterEach(() => vi.restoreAllMocks())

it('writes times as the guide does, in the time zone of the exam', () => {
  expect(stamp('2020-03-14T22:02:08+08:00', 'Asia/Shanghai')).toBe('2020/3/14 22:02:08')
  expect(stamp('2020-03-14T14:02:08Z', 'Asia/Shanghai')).toBe('2020/3/14 22:02:08')
  expect(stamp('2020-03-14T14:02:08Z', 'Asia/Urumqi')).toBe('2020/3/14 20:02:08')
})

it('reckons the zone of China as Intl would', () => {
  const intl = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' })
  for (const iso of ['2026-01-01T00:00:00Z', '2026-02-28T15:59:59Z', '2026-02-28T16:00:00Z', '2028-02-29T12:34:56+03:00']) {
    const [date, time] = intl.format(new Date(iso)).split(' ')
    const day = date!.split('-').map(Number).join('/')
    expect(stamp(iso, 'Asia/Shanghai')).toBe(`${day} ${time}`)
  }
})

it('writes midnight as 00, not 24', () => {
  expect(stamp('2026-03-13T00:00:00+08:00', 'Asia/Shanghai')).toBe('2026/3/13 00:00:00')
  expect(minuteStamp('2026-03-13T00:00:00+08:00', 'Asia/Shanghai')).toBe('2026/3/13 00:00')
})

it('writes an end at midnight as the end of the day before', () => {
  expect(endStamp('2026-03-13T00:00:00+08:00', 'Asia/Shanghai')).toBe('2026/3/12 24:00')
  expect(endStamp('2026-01-01T00:00:00+08:00', 'Asia/Shanghai')).toBe('2025/12/31 24:00')
  expect(endStamp('2026-03-12T17:00:00+08:00', 'Asia/Shanghai')).toBe('2026/3/12 17:00')
})

it('says of a near end on which day it is, by the clocks of the exam', () => {
  const midnight = '2026-03-13T00:00:00+08:00'
  const at = (iso: string) => Date.parse(iso)
  expect(nearEnd(midnight, 'Asia/Shanghai', at('2026-03-12T18:48:00+08:00'))).toEqual({ zh: '今天 24:00', en: 'today at 24:00' })
  expect(nearEnd(midnight, 'Asia/Shanghai', at('2026-03-11T23:00:00+08:00')).zh).toBe('明天 24:00')
  expect(nearEnd('2026-03-13T09:30:00+08:00', 'Asia/Shanghai', at('2026-03-12T10:00:00+08:00')).en).toBe('tomorrow at 09:30')
  expect(nearEnd('2026-03-13T00:10:00+08:00', 'Asia/Shanghai', at('2026-03-13T00:03:00+08:00')).zh).toBe('今天 00:10')
  expect(nearEnd(midnight, 'Asia/Shanghai', at('2026-03-01T08:00:00+08:00')).zh).toBe('2026/3/12 24:00')
})

it('knows whether the device goes by another time than the exam', () => {
  const offset = vi.spyOn(Date.prototype, 'getTimezoneOffset')
  offset.mockReturnValue(-480)
  expect(elsewhere('2026-03-13T00:00:00+08:00', 'Asia/Shanghai')).toBe(false)
  expect(elsewhere('2026-03-13T00:00:00+08:00', 'Asia/Urumqi')).toBe(true)
  offset.mockReturnValue(0)
  expect(elsewhere('2026-03-13T00:00:00+08:00', 'Asia/Shanghai')).toBe(true)
  expect(zoneName('Asia/Shanghai').zh).toBe('北京时间')
  expect(zoneName('Asia/Urumqi').en).toBe('Asia/Urumqi')
})
