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

/** `2020/3/14 22:02`: for ends and appointments, where seconds only distract. */
export function minuteStamp(iso: string, zone: string): string {
  return stamp(iso, zone).slice(0, -3)
}
