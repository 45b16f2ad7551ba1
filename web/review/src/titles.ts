/** What slots are called, category first: "身份证明 · 人像面". */
import { pick } from '../../shared/i18n'
import type { Review } from './draft'

export function titlesOf(review: Review): Record<string, string> {
  const titles: Record<string, string> = {}
  for (const category of review.categories) {
    for (const slot of category.slots) titles[slot.slot] = `${pick(category.title)} · ${pick(slot.title)}`
  }
  return titles
}
