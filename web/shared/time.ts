/** Times as the exam's people write them, in the exam's time zone whatever the device's. */
import type { Text } from './contract'

// Hours ahead of UTC, where they are the same all year: Intl takes a fifth of a second on a cheap phone to get ready, just
// when the page could be shown.
const FIXED: Record<string, number> = { 'Asia/Shanghai': 8 }
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  formats.set(zone, format)
  return format
}

function parts(iso: string, zone: string): Record<string, string> {
  const ahead = FIXED[zone]
  if (ahead !== undefined) {
    const there = new Date(Date.parse(iso) + ahead * 3_600_000).toISOString()
    const [year, month, day, hour, minute, second] = there.split(/\D/) as [string, string, string, string, string, string]
    return { year, month: `${+month}`, day: `${+day}`, hour, minute, second }
  }
  const found: Record<string, string> = {}
  for (const part of formatOf(zone).formatToParts(new Date(iso))) found[part.type] = part.value
  return found
}

/** `2020/3/14 22:02:08` */
export function stamp(iso: string, zone: string): string {
  const p = parts(iso, zone)
  return `${p.year}/${p.month}/${p.day} ${p.hour}:${p.minute}:${p.second}`
}

/** `2020/3/14 22:02`: for appointments, where seconds only distract. */
export function minuteStamp(iso: string, zone: string): string {
  return stamp(iso, zone).slice(0, -3)
}

/** An end as people read it: midnight is the end of a day, `2020/3/13 24:00`, and not the beginning of the next. */
export function endStamp(iso: string, zone: string): string {
  const written = minuteStamp(iso, zone)
  if (!written.endsWith(' 00:00')) return written
  const before = new Date(new Date(iso).getTime() - 60_000).toISOString()
  return minuteStamp(before, zone).replace(/ .*/, ' 24:00')
}

/** An end that is near, `2020/3/12 24:00`, with its day in words: `今天 24:00`, `tomorrow at 09:00`. `now`: epoch ms. */
export function nearEnd(iso: string, zone: string, now: number): Text {
  const written = endStamp(iso, zone)
  const [day, time] = written.split(' ') as [string, string]
  const on = (ms: number) => stamp(new Date(ms).toISOString(), zone).split(' ')[0]
  if (day === on(now)) return { zh: `今天 ${time}`, en: `today at ${time}` }
  if (day === on(now + 24 * 3_600_000)) return { zh: `明天 ${time}`, en: `tomorrow at ${time}` }
  return { zh: written, en: written }
}

/** How far the zone is ahead of UTC at that time, minutes. */
export function ahead(iso: string, zone: string): number {
  const p = parts(iso, zone)
  const there = Date.UTC(+p.year!, +p.month! - 1, +p.day!, +p.hour!, +p.minute!, +p.second!)
  return Math.round((there - Date.parse(iso)) / 60_000)
}

/** What people call the zone's time. */
export function zoneName(zone: string): Text {
  return zone === 'Asia/Shanghai' ? { zh: '北京时间', en: 'Beijing time' } : { zh: zone, en: zone }
}

/** Whether this device's clock shows another time of day than the zone's clocks, so that the zone must be named. */
export function elsewhere(iso: string, zone: string): boolean {
  return ahead(iso, zone) !== -new Date(iso).getTimezoneOffset()
}
