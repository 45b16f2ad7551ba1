import { effectScope, nextTick, type EffectScope } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { pageError, ApiError } from '../../../shared/errors'
import { message, silence } from './useMessage'
import { LIVE_EVERY } from './live'
import { useQueue } from './useQueue'
import { filters, NO_FILTERS, setFilters } from './useRoute'
import { ask, staff } from './useSession'

vi.mock('./useSession', async () => {
  const { ref, shallowRef } = await import('vue')
  return { ask: vi.fn(), staff: shallowRef({ username: 'r' }), siteName: shallowRef(null), ended: ref(false), leave: vi.fn() }
})
const api = vi.mocked(ask)
const queries = () => api.mock.calls.map(([, options]) => options?.query)

const row = (application: string) => ({
  application, registration_no: application, name: application, status: 'submitted', round: 1, since: null, claim: null,
})
const page = (names: string, cursor: string | null = null) => ({
  now: '2026-03-01T09:00:00+08:00', time_zone: 'Asia/Shanghai',
  site: { id: '370100', name: { zh: '济南', en: 'Jinan' } },
  sites: [{ id: '370100', name: { zh: '济南', en: 'Jinan' } }],
  counts: { submitted: names.length, returned: 0, approved: 0 },
  items: [...names].map(row), next_cursor: cursor,
})
const answers = (names: string, cursor: string | null = null) => api.mockImplementation(async () => page(names, cursor) as never)

let scope: EffectScope
let queue: ReturnType<typeof useQueue>
let typing = false
const names = () => queue.list.value?.items.map((item) => item.application).join('')

function opened() {
  scope?.stop()
  scope = effectScope()
  queue = scope.run(() => useQueue(() => typing))!
  return queue.open()
}

beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T01:00:00Z') })
  silence()
  typing = false
  setFilters(NO_FILTERS)
  staff.value = null
  staff.value = { username: 'r', name: 'r', role: 'reviewer', exam: 'demo' }
  api.mockReset()
  answers('abc')
  await opened()
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

it('asks for what waits, oldest first', () => {
  expect(queries()).toEqual([{ site: '', status: 'submitted', limit: 50, cursor: undefined }])
  expect(names()).toBe('abc')
})

it('asks anew when a filter changes, and only for what makes sense', async () => {
  const asked = async (changed: Partial<typeof NO_FILTERS>) => {
    setFilters(changed)
    await vi.advanceTimersByTimeAsync(0)
    return JSON.parse(JSON.stringify(queries().at(-1))) as unknown
  }
  const limit = 50
  expect(await asked({ round: 2, mine: true, waiting: 24, site: '370200' })).toEqual({
    site: '370200', status: 'submitted', round: 2, mine: 'true', waiting: 24, limit,
  })
  expect(await asked({ status: 'returned' })).toEqual({ site: '370200', status: 'returned', round: 2, limit })
  expect(await asked({ search: '王' })).toEqual({ site: '370200', search: '王', limit })
  expect(api).toHaveBeenCalledTimes(4)
})

it('does not ask again for a filter that changes nothing', async () => {
  setFilters({ status: 'returned' })
  await vi.advanceTimersByTimeAsync(0)
  setFilters({ mine: true })
  await vi.advanceTimersByTimeAsync(0)
  expect(api).toHaveBeenCalledTimes(2)
})

it('throws an answer away that a later question has overtaken', async () => {
  let late: (value: never) => void = () => undefined
  api.mockImplementationOnce(() => new Promise((resolve) => (late = resolve)))
  setFilters({ status: 'returned' })
  await nextTick()
  answers('xy')
  setFilters({ status: 'approved' })
  await vi.advanceTimersByTimeAsync(0)
  late(page('old') as never)
  await vi.advanceTimersByTimeAsync(0)
  expect([names(), queue.list.value!.by.status, queue.loading.value]).toEqual(['xy', 'approved', false])
})

it('moves no rows by itself: what came and went is announced, and shown when asked for', async () => {
  answers('bcd')
  await vi.advanceTimersByTimeAsync(LIVE_EVERY)
  expect(names()).toBe('abc')
  expect([queue.news.value!.fresh, [...queue.news.value!.gone]]).toEqual([1, ['a']])
  queue.update()
  expect([names(), queue.news.value]).toEqual(['bcd', null])
  expect(api).toHaveBeenCalledTimes(2)
})

it('keeps the pages that are loaded', async () => {
  answers('abc', 'after c')
  await queue.refresh()
  answers('def', 'after f')
  await queue.load(true)
  expect([names(), queries().at(-1)!.cursor]).toEqual(['abcdef', 'after c'])
  answers('abc', 'after c')
  await vi.advanceTimersByTimeAsync(LIVE_EVERY)
  expect([names(), queue.news.value]).toEqual(['abcdef', null])
  answers('ghi')
  await queue.load(true)
  expect([names(), queries().at(-1)!.cursor]).toEqual(['abcdefghi', 'after f'])
})

it('does not look while the reviewer types, nor more than twice a minute', async () => {
  typing = true
  await vi.advanceTimersByTimeAsync(5 * LIVE_EVERY)
  expect(api).toHaveBeenCalledTimes(1)
  typing = false
  await vi.advanceTimersByTimeAsync(10 * LIVE_EVERY)
  expect(api.mock.calls.length - 1).toBeLessThanOrEqual(11)
})

it('says how old the list is when it cannot be looked at, without an alarm, and recovers', async () => {
  api.mockImplementation(() => Promise.reject(pageError('network')))
  await vi.advanceTimersByTimeAsync(LIVE_EVERY)
  expect([names(), queue.staleSince.value, message.value]).toEqual(['abc', Date.parse('2026-03-01T09:00:00+08:00'), null])
  answers('abc')
  await vi.advanceTimersByTimeAsync(2 * LIVE_EVERY)
  expect(queue.staleSince.value).toBe(0)
})

it('is as it was left on the way back from a case, and up to date', async () => {
  answers('abc', 'after c')
  await queue.refresh()
  answers('def')
  await queue.load(true)
  queue.leave(240)
  answers('bcd', 'after d')
  await opened()
  expect([names(), queue.news.value, queue.leftAt()]).toEqual(['bcdef', null, 240])
})

it('shows nothing of it to who signs in next', async () => {
  staff.value = null
  staff.value = { username: 's', name: 's', role: 'reviewer', exam: 'demo' }
  expect(queue.list.value).toBe(null)
})

it('goes back to the first site when the one in the address is not theirs', async () => {
  api.mockImplementationOnce(() => Promise.reject(new ApiError('not_found', { zh: '', en: '' }, 404)))
  setFilters({ site: '990000' })
  await vi.advanceTimersByTimeAsync(0)
  expect([filters.value.site, names(), message.value]).toEqual(['', 'abc', null])
})

it('fetches the first list once it can, after a failure', async () => {
  setFilters({ status: 'returned' })
  api.mockImplementation(() => Promise.reject(pageError('network')))
  await vi.advanceTimersByTimeAsync(0)
  expect(message.value?.kind).toBe('error')
  answers('x')
  await vi.advanceTimersByTimeAsync(LIVE_EVERY)
  expect([names(), queue.list.value!.by.status]).toEqual(['x', 'returned'])
})
