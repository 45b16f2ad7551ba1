import { expect, it, vi } from 'vitest'

type Route = typeof import('./useRoute')

/** The page, opened at this address. */
function opened(hash: string): Promise<Route> {
  vi.resetModules()
  history.replaceState(null, '', `/${hash}`)
  return import('./useRoute')
}

const ALL = '#/?status=returned&round=2&mine=true&waiting=24&site=370200'

it('reads filters from the address, and writes the same address', async () => {
  const route = await opened(ALL)
  expect(route.filters.value).toEqual({
    status: 'returned', round: 2, mine: true, waiting: 24, search: '', site: '370200',
  })
  expect(route.site.value).toBe('370200')
  route.setFilters({})
  expect(location.hash).toBe(ALL)
})

it('takes nonsense for no filter', async () => {
  const route = await opened(`#/?status=draft&round=-1&mine=1&waiting=5&site=../x`)
  expect(route.filters.value).toEqual(route.NO_FILTERS)
  expect((await opened('#/?round=1000')).filters.value.round).toBe(0)
  expect((await opened('')).filters.value).toEqual(route.NO_FILTERS)
})

it('keeps the filters at a case, over a reload and on the way back', async () => {
  let route = await opened('')
  route.setFilters({ status: 'approved', site: '370100' })
  route.go('demo_1')
  expect(location.hash).toBe('#/case/demo_1?status=approved&site=370100')
  expect(route.caseLink('demo_2')).toBe('#/case/demo_2?status=approved&site=370100')
  route = await opened(location.hash)
  expect([route.openCase.value, route.filters.value.status]).toEqual(['demo_1', 'approved'])
  route.go(null)
  expect(location.hash).toBe('#/?status=approved&site=370100')
  expect(route.openCase.value).toBe(null)
})

it('adds nothing to the way back while filters are tried', async () => {
  const route = await opened('')
  const before = history.length
  route.setFilters({ round: 1 })
  route.setFilters({ round: 2 })
  expect([history.length, location.hash]).toEqual([before, '#/?round=2'])
})

it('keeps what is searched for at a case and on the way back, and out of the address', async () => {
  const route = await opened('')
  route.setFilters({ search: '王' })
  route.go('demo_1')
  expect(location.hash).toBe('#/case/demo_1')
  history.replaceState(null, '', '/#/?round=3')
  dispatchEvent(new Event('hashchange'))
  expect(route.filters.value).toEqual({ ...route.NO_FILTERS, round: 3, search: '王' })
})

it('follows the browser', async () => {
  const route = await opened('')
  history.replaceState(null, '', '/#/case/demo_1?round=3')
  dispatchEvent(new Event('hashchange'))
  expect([route.openCase.value, route.filters.value.round]).toEqual(['demo_1', 3])
})
