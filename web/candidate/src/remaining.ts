/** How long is left, in words that are exact enough to act on: `3 天 4 小时`, `25 分钟`. */
import type { Language } from '../../shared/i18n'

const MINUTE = 60_000
const UNITS = {
  zh: { day: '天', hour: '小时', minute: '分钟', less: '不到 1 分钟' },
  en: { day: 'd', hour: 'h', minute: 'min', less: 'less than a minute' },
}

export function remaining(ms: number, language: Language): string {
  const unit = UNITS[language]
  const minutes = Math.floor(ms / MINUTE)
  if (minutes < 1) return unit.less
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor((minutes % 1440) / 60)
  const parts: string[] = []
  if (days) parts.push(`${days} ${unit.day}`)
  if (hours) parts.push(`${hours} ${unit.hour}`)
  if (!days && minutes % 60) parts.push(`${minutes % 60} ${unit.minute}`)
  return parts.join(' ')
}
