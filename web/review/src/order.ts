/** In which order a case is looked at: after a return, what has changed comes first, and the rest is only there to check. */
import type { Category, Slot } from './composables/useCase'
import type { Review } from './draft'

export interface Group {
  /** `all` when nothing is set apart: the first round, or a round in which nothing or everything has changed. */
  kind: 'all' | 'changed' | 'unchanged'
  categories: { category: Category; slots: Slot[] }[]
}

export function groupsOf(review: Review): Group[] {
  const part = (kind: Group['kind'], wanted: (slot: Slot) => boolean): Group => ({
    kind,
    categories: review.categories
      .map((category) => ({ category, slots: category.slots.filter(wanted) }))
      .filter(({ slots }) => slots.length),
  })
  const apart = [part('changed', (slot) => slot.changed), part('unchanged', (slot) => !slot.changed)]
  return apart.every((group) => group.categories.length) ? apart : [part('all', () => true)]
}

export function slotsInOrder(review: Review): Slot[] {
  return groupsOf(review).flatMap((group) => group.categories.flatMap(({ slots }) => slots))
}
