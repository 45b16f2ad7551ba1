/** How long is left, in words that are exact enough to act on: `3 天 4 小时`, `25 分钟`, in the last minutes `9 分 58 秒`. */
import type { Language } from '../../shared/i18n'

const MINUTE = 60_000
/** From here on seconds count. */
export const FINAL = 10 * MINUTE
const UNITS = {
  zh: { day: '天', hour: '小时', minute: '分钟', short: '分', second: '秒' },
  en: { day: 'd', hour: 'h', minute: 'min', short: 'min', second: 's' },
}

/** `ms` milliseconds, never said to be more than they are: what has begun of a minute or second does not count. */
export function remaining(ms: number, language: Language): string {
  const unit = UNITS[language]
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  const parts: string[] = []
  if (seconds * 1000 <= FINAL) {
    if (minutes) parts.push(`${minutes} ${unit.short}`)
    parts.push(`${seconds % 60} ${unit.second}`)
    return parts.join(' ')
  }
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor((minutes % 1440) / 60)
  if (days) parts.push(`${days} ${unit.day}`)
  if (hours) parts.push(`${hours} ${unit.hour}`)
  if (!days && minutes % 60) parts.push(`${minutes % 60} ${unit.minute}`)
  return parts.join(' ')
}
