/** The queue of one site, oldest first, page by page; what it is filtered by is in the address. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Schema } from '../../../shared/contract'
import { ApiError } from '../../../shared/errors'
import { newsOf, type Listed, type News } from '../news'
import { live } from './live'
import { nothingLeft, takeNext } from './useDesk'
import { sayError, silence } from './useMessage'
import { filters, setFilters, site, type Filters } from './useRoute'
import { ask, siteName, staff } from './useSession'

const PAGE = 50

/** What is listed, and what it was asked by. */
interface List extends Listed {
  by: Readonly<Filters>
  key: string
}

// Outside the function: the reviewer comes back to the list that was left, and to the news that it is empty.
const list = shallowRef<List | null>(null)
const counts = shallowRef<Record<string, number>>({})
const sites = shallowRef<Schema<'SiteView'>[]>([])
let scrolledTo = 0
let seenAt = 0

watch(() => staff.value?.username, () => {
  list.value = null
  counts.value = {}
  sites.value = []
  nothingLeft.value = false
}, { flush: 'sync' })

/** A search goes through everything, so that what is there is found; only what waits can be claimed or be late. */
export function queryOf({ status, round, mine, waiting, search, site }: Readonly<Filters>) {
  if (search) return { site, search, limit: PAGE }
  const late = status === 'submitted' ? { mine: mine ? 'true' : undefined, waiting: waiting || undefined } : {}
  return { site, status, round: round || undefined, ...late, limit: PAGE }
}

/** `typing`: the reviewer is about to ask for something else. */
export function useQueue(typing: () => boolean = () => false) {
  const loading = ref(false)
  const taking = ref(false)
  /** When the list was last as it is on the server, if it could not be brought up to date since; else 0. */
  const staleSince = ref(0)
  const news = shallowRef<Pick<News, 'gone' | 'fresh' | 'next'> | null>(null)
  /** An answer that a later question has overtaken is thrown away. */
  let asked = 0

  const key = computed(() => JSON.stringify([staff.value?.username, queryOf(filters.value)]))

  /** One page; null if the answer came too late. */
  async function page(cursor: string | null, quietly = false): Promise<Listed | null> {
    const mine = ++asked
    const by = filters.value
    const query = { ...queryOf(by), cursor: cursor ?? undefined }
    try {
      const answer = await ask('GET /reviews', quietly ? { query, retry: 0 } : { query })
      if (mine !== asked) return null
      siteName.value = answer.site.name
      counts.value = answer.counts
      sites.value = answer.sites
      staleSince.value = 0
      seenAt = Date.parse(answer.now)
      return { items: answer.items, cursor: answer.next_cursor }
    } catch (error) {
      if (mine !== asked) return null
      staleSince.value = seenAt
      throw error
    }
  }

  function show({ items, cursor }: Listed): void {
    list.value = { items, cursor, by: filters.value, key: key.value }
    news.value = null
  }

  async function load(more = false): Promise<void> {
    if (more) update()
    const before = more && list.value?.key === key.value ? list.value : null
    loading.value = true
    const mine = asked + 1
    try {
      const answer = await page(before?.cursor ?? null)
      if (!answer) return
      const known = new Set(before?.items.map((item) => item.application))
      const added = answer.items.filter((item) => !known.has(item.application))
      show({ items: [...(before?.items ?? []), ...added], cursor: answer.cursor })
    } catch (error) {
      // A site in the address that is not theirs, or no longer.
      if (error instanceof ApiError && error.code === 'not_found' && site.value) return setFilters({ site: '' })
      sayError(error)
    } finally {
      if (mine === asked) loading.value = false
      refreshing.done()
    }
  }

  /** Looks at the first page again. Rows stay where they are; what has come or gone is announced. */
  async function look(): Promise<void> {
    const answer = await page(null, true)
    if (!answer) return
    const before = list.value
    if (before?.key !== key.value || !before.items.length) return show(answer)
    const { items, gone, fresh, next } = newsOf(before, answer)
    list.value = { ...before, items }
    news.value = gone.size || fresh ? { gone, fresh, next } : null
  }

  /** Puts the rows right that have come and gone. */
  function update(): void {
    if (news.value && list.value?.key === key.value) show(news.value.next)
  }

  function refresh(): Promise<void> {
    nothingLeft.value = false
    return load()
  }

  async function take(): Promise<void> {
    if (taking.value) return
    taking.value = true
    silence()
    try {
      if (!(await takeNext())) await load()
    } catch (error) {
      sayError(error)
      if (error instanceof ApiError && error.code === 'claim_limit') await load()
    } finally {
      taking.value = false
    }
  }

  /** As it was left, and brought up to date. */
  async function open(): Promise<void> {
    if (list.value?.key !== key.value) return load()
    await look().catch(() => undefined)
    update()
    refreshing.done()
  }

  const refreshing = live(look, () => loading.value || typing())
  onScopeDispose(refreshing.stop)
  watch(key, refresh)

  /** How far the list was scrolled when it was left. */
  const leftAt = () => (list.value?.key === key.value ? scrolledTo : 0)
  const leave = (top: number) => (scrolledTo = top)

  return { list, counts, sites, loading, taking, staleSince, news, load, refresh, update, take, open, leave, leftAt }
}
