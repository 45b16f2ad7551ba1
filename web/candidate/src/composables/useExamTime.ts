/** Times in the exam's time zone, which is named where this device goes by another one. */
import { computed } from 'vue'
import { pick } from '../../../shared/i18n'
import { elsewhere, endStamp, minuteStamp, nearEnd, stamp, zoneName } from '../../../shared/time'
import type { View } from '../rules'

export function useExamTime(view: () => View) {
  const zone = computed(() => view().exam.time_zone)

  function withZone(time: string): string {
    const name = pick(zoneName(zone.value))
    return pick({ zh: `${time}（${name}）`, en: `${time} (${name})` })
  }

  function named(time: string, iso: string): string {
    return elsewhere(iso, zone.value) ? withZone(time) : time
  }

  return {
    at: (iso: string) => named(stamp(iso, zone.value), iso),
    begin: (iso: string) => named(minuteStamp(iso, zone.value), iso),
    end: (iso: string) => named(endStamp(iso, zone.value), iso),
    /** With `今天` or `明天` where that is so. */
    near: (iso: string, now: number) => named(pick(nearEnd(iso, zone.value, now)), iso),
    /** For documents, which leave the device: the zone is always named. */
    official: (iso: string) => withZone(stamp(iso, zone.value)),
  }
}
