/** Times as the exam's people write them, in the exam's time zone whatever the device's. */

function parts(iso: string, zone: string): Record<string, string> {
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
  const found: Record<string, string> = {}
  for (const part of format.formatToParts(new Date(iso))) found[part.type] = part.value
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
