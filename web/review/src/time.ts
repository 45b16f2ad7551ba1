/** Times as the console shows them: by the server's clock, in the exam's time zone, and how long ago. */
import { computed, ref } from 'vue'
import { pick } from '../../shared/i18n'
import { ahead as aheadOf, elsewhere, endStamp, minuteStamp, stamp, zoneName } from '../../shared/time'
import { t } from './texts'

const zone = ref('Asia/Shanghai')
/** How far the server's clock is ahead of this device's, milliseconds. */
let ahead = 0

/** This moment by the server's clock, epoch milliseconds, moving on twice a minute. */
export const now = ref(Date.now())
const tick = () => (now.value = Date.now() + ahead)
setInterval(tick, 30_000)
// The timers of pages out of sight are slow.
document.addEventListener('visibilitychange', tick)

/** Takes the time and the zone from any answer that tells them. */
export function hear(answer: unknown): void {
  const said = Object(answer) as { now?: unknown; time_zone?: unknown }
  if (typeof said.time_zone === 'string') zone.value = said.time_zone
  const there = typeof said.now === 'string' ? Date.parse(said.now) : NaN
  if (!Number.isNaN(there)) ahead = there - Date.now()
  tick()
}

export const at = (iso: string): string => minuteStamp(iso, zone.value)

/** An end: midnight is the end of a day, `2020/3/13 24:00`. */
export const end = (iso: string): string => endStamp(iso, zone.value)

/** As a `datetime-local` field has it, `2020-03-13T18:00`, in the exam's time zone. */
export const fieldOf = (iso: string): string =>
  new Date(Date.parse(iso) + aheadOf(iso, zone.value) * 60_000).toISOString().slice(0, 16)

/** The moment that such a field means in the exam's time zone, in UTC; empty if it means none. */
export function momentOf(field: string): string {
  const there = Date.parse(`${field}Z`)
  if (!field || Number.isNaN(there)) return ''
  const before = (ms: number) => there - aheadOf(new Date(ms).toISOString(), zone.value) * 60_000
  // Once more, for the day on which clocks are changed.
  return new Date(before(before(there))).toISOString()
}

/** `北京时间`, said beside fields for times. */
export const zoneSaid = computed(() => pick(zoneName(zone.value)))

/** `14:32` */
export const clock = (time: number | string): string =>
  stamp(new Date(time).toISOString(), zone.value).split(' ')[1]!.slice(0, 5)

/** `北京时间`, where this device shows another time of day than the exam's clocks; else empty. */
export const zoneNote = computed(() =>
  elsewhere(new Date(now.value).toISOString(), zone.value) ? t('zone_note', { zone: pick(zoneName(zone.value)) }) : '',
)

/** `2 天 3 小时`, without 前/ago. */
export function span(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000))
  const hours = Math.floor(minutes / 60)
  if (minutes < 1) return t('no_minute')
  if (hours < 1) return t('minutes', { m: minutes })
  if (hours < 24) return t('hours', { h: hours, m: minutes % 60 })
  return t('days', { d: Math.floor(hours / 24), h: hours % 24 })
}

/** Milliseconds since then. */
export const age = (iso: string): number => now.value - Date.parse(iso)

/** How long ago that was. */
export const since = (iso: string): string => span(age(iso))
