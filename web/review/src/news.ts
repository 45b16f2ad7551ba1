/** What a fresh first page of the queue tells about the rows that are listed. */
import type { Schema } from '../../shared/contract'

export type Item = Schema<'QueueItem'>

/** Rows, and where the next page begins; null at the end. */
export interface Listed {
  items: Item[]
  cursor: string | null
}

export interface News {
  /** The same rows in the same places, with what is known of them by now. */
  items: Item[]
  /** Those that are no longer in the queue. */
  gone: Set<string>
  /** How many have come that are not listed; those that merely come next do not count. */
  fresh: number
  /** The list as it is now: to be shown when the reviewer asks for it, since rows do not move by themselves. */
  next: Listed
}

export function newsOf(listed: Listed, page: Listed): News {
  const found = new Map(page.items.map((item) => [item.application, item]))
  const known = new Set(listed.items.map((item) => item.application))
  const last = lastOf(listed.items, found)
  // The page says something about the rows up to its own end.
  const covered = page.cursor === null || last < 0 ? listed.items.length : last + 1
  const gone = listed.items.slice(0, covered).filter((item) => !found.has(item.application))
  const tail = listed.items.slice(covered)

  const before = listed.cursor === null || last < 0 ? page.items : page.items.slice(0, lastOf(page.items, known))
  return {
    items: listed.items.map((item) => found.get(item.application) ?? item),
    gone: new Set(gone.map((item) => item.application)),
    fresh: before.filter((item) => !known.has(item.application)).length,
    next: {
      items: [...page.items, ...tail],
      cursor: tail.length ? listed.cursor : page.cursor,
    },
  }
}

function lastOf(items: Item[], among: { has: (application: string) => boolean }): number {
  return items.map((item) => among.has(item.application)).lastIndexOf(true)
}
