import { expect, it } from 'vitest'
import { endStamp, minuteStamp, stamp } from './time'

it('writes times as the guide does, in the time zone of the exam', () => {
  expect(stamp('2020-03-14T22:02:08+08:00', 'Asia/Shanghai')).toBe('2020/3/14 22:02:08')
  expect(stamp('2020-03-14T14:02:08Z', 'Asia/Shanghai')).toBe('2020/3/14 22:02:08')
  expect(stamp('2020-03-14T14:02:08Z', 'Asia/Urumqi')).toBe('2020/3/14 20:02:08')
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
