import { describe, expect, it } from 'vitest'
import { areaRows, ceiling, rounds, type Site, siteRow, sum } from './progress'

function site(area: string, id: string, changes: Partial<Site> = {}): Site {
  return {
    area: { id: area, name: { zh: `区${area}`, en: `area ${area}` } },
    site: { id, name: { zh: `点${id}`, en: `site ${id}` } },
    counts: { draft: 1, submitted: 2, returned: 3, approved: 4 },
    rounds: { submitted: [1, 1, 0], returned: [3, 0, 0], approved: [2, 1, 1] },
    waiting: { oldest: '2026-03-05T10:00:00+08:00', median_minutes: 90, over_24h: 1, over_48h: 0 },
    returns: { open: 3, closing: 1, over: 0 },
    reviewers: 2,
    decided_last_hour: 3,
    decided_last_day: 24,
    hours_to_clear: 2,
    ...changes,
  }
}

const idle = site('11', '1101', { reviewers: 0, decided_last_day: 0, decided_last_hour: 0, hours_to_clear: null })
const quiet = { draft: 9, submitted: 0, returned: 0, approved: 0 }
const nobody = { oldest: null, median_minutes: 0, over_24h: 0, over_48h: 0 }

describe('the rows of progress', () => {
  it('name a site with its area where several areas are shown', () => {
    expect(siteRow(site('37', '3701'), true).name).toBe('区37 · 点3701')
    expect(siteRow(site('37', '3701'), false).name).toBe('点3701')
  })

  it('add sites up', () => {
    const older = { oldest: '2026-03-04T23:00:00+00:00', median_minutes: 9, over_24h: 4, over_48h: 2 }
    const row = sum('37', 'all', [site('37', '3701'), site('37', '3702', { waiting: older })])
    expect(row).toEqual({
      id: '37', name: 'all', counts: { draft: 2, submitted: 4, returned: 6, approved: 8 },
      oldest: '2026-03-04T23:00:00+00:00', median: null, over24: 5, over48: 2, closing: 2,
      reviewers: 4, lastHour: 6, lastDay: 48, hoursToClear: 2,
    })
  })

  it('know of nobody who waits, and of nobody who works', () => {
    const empty = site('37', '3701', { counts: quiet, waiting: nobody, decided_last_day: 0, hours_to_clear: 0 })
    expect(sum('37', '', [empty])).toMatchObject({ oldest: null, hoursToClear: 0 })
    expect(sum('11', '', [idle])).toMatchObject({ hoursToClear: null })
  })

  it('have the area that nobody works on first', () => {
    expect(areaRows([site('37', '3701'), idle, site('37', '3702')]).map((row) => row.id)).toEqual(['11', '37'])
  })

  it('count rounds', () => {
    expect(rounds([site('37', '3701'), site('37', '3702')], 'approved')).toEqual([4, 2, 2])
    expect(rounds([site('37', '3701')], 'draft')).toEqual([0, 0, 0])
  })
})

describe('the top of a scale', () => {
  it.each([[0, 1], [1, 1], [2, 2], [3, 5], [7, 10], [10, 10], [11, 20], [201, 500], [999, 1000]])(
    'for %i is %i', (most, top) => expect(ceiling(most)).toBe(top))
})
