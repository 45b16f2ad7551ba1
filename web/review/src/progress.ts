/** What the page of progress shows, made of what the API counts: rows of sites or areas, and the curve's points. */
import type { Schema } from '../../shared/contract'
import { pick } from '../../shared/i18n'

export type Progress = Schema<'Progress'>
export type Site = Progress['sites'][number]
export const STATUSES = ['draft', 'submitted', 'returned', 'approved'] as const
/** The three kinds of rounds: the first, the second, a later one. */
export const ROUNDS = [0, 1, 2] as const

export interface Row {
  id: string
  name: string
  counts: Record<string, number>
  /** Since when the one who has waited longest; null if nobody waits. */
  oldest: string | null
  /** Of an area not known: medians cannot be added up. */
  median: number | null
  over24: number
  over48: number
  closing: number
  /** An area's are those of its sites: a lead who decides at two of them counts twice. */
  reviewers: number
  lastHour: number
  lastDay: number
  /** Null: something waits, and nobody has decided anything for a day. */
  hoursToClear: number | null
}

export function siteRow(site: Site, withArea: boolean): Row {
  return {
    id: site.site.id,
    name: withArea ? `${pick(site.area.name)} · ${pick(site.site.name)}` : pick(site.site.name),
    counts: site.counts,
    oldest: site.waiting.oldest ?? null,
    median: site.waiting.median_minutes,
    over24: site.waiting.over_24h,
    over48: site.waiting.over_48h,
    closing: site.returns.closing,
    reviewers: site.reviewers,
    lastHour: site.decided_last_hour,
    lastDay: site.decided_last_day,
    hoursToClear: site.hours_to_clear ?? null,
  }
}

/** Several sites as one row. */
export function sum(id: string, name: string, sites: readonly Site[]): Row {
  const rows = sites.map((site) => siteRow(site, false))
  const all = (of: (row: Row) => number) => rows.reduce((sum, row) => sum + of(row), 0)
  const waiting = all((row) => row.counts.submitted ?? 0)
  const lastDay = all((row) => row.lastDay)
  return {
    id,
    name,
    counts: Object.fromEntries(STATUSES.map((status) => [status, all((row) => row.counts[status] ?? 0)])),
    oldest: rows.map((row) => row.oldest).reduce((a, b) => (!a || (b && Date.parse(b) < Date.parse(a)) ? b : a), null),
    median: null,
    over24: all((row) => row.over24),
    over48: all((row) => row.over48),
    closing: all((row) => row.closing),
    reviewers: all((row) => row.reviewers),
    lastHour: all((row) => row.lastHour),
    lastDay,
    hoursToClear: waiting ? (lastDay ? (24 * waiting) / lastDay : null) : 0,
  }
}

/** One row for each area, the worst first, as sites are. */
export function areaRows(sites: readonly Site[]): Row[] {
  const areas = new Map<string, Site[]>()
  for (const site of sites) areas.set(site.area.id, [...(areas.get(site.area.id) ?? []), site])
  const rows = [...areas].map(([id, own]) => sum(id, pick(own[0]!.area.name), own))
  return rows.sort((a, b) => (b.hoursToClear ?? Infinity) - (a.hoursToClear ?? Infinity) || b.over24 - a.over24)
}

/** How many of these sites' applications in a status are in their first, second, a later round. */
export function rounds(sites: readonly Site[], status: string): number[] {
  return ROUNDS.map((at) => sites.reduce((sum, site) => sum + (site.rounds[status]?.[at] ?? 0), 0))
}

/** A round number a little above, for the top of a scale: 1, 2, 5, 10, 20, 50 … */
export function ceiling(most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most)))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most)!
}
