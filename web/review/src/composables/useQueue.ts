/** The queue of the reviewer's own site: one status at a time, oldest first, page by page. */
import { ref, shallowRef } from 'vue'
import type { Schema } from '../../../shared/contract'
import { ApiError } from '../../../shared/errors'
import { nothingLeft, takeNext } from './useDesk'
import { sayError, silence } from './useMessage'
import { ask, siteName } from './useSession'

export const STATUSES = ['submitted', 'returned', 'approved'] as const
const PAGE = 50

// Outside the function: the reviewer comes back to the list that was left, and to the news that it is empty.
const status = ref<(typeof STATUSES)[number]>('submitted')
const items = shallowRef<Schema<'QueueItem'>[]>([])
const cursor = ref<string | null>(null)

export function useQueue() {
  const loading = ref(false)
  const taking = ref(false)
  /** An answer that a later question has overtaken is thrown away. */
  let asked = 0

  async function load(more = false): Promise<void> {
    const mine = ++asked
    loading.value = true
    try {
      const query = { status: status.value, limit: PAGE, cursor: more ? (cursor.value ?? undefined) : undefined }
      const page = await ask('GET /reviews', { query })
      if (mine !== asked) return
      siteName.value = page.site.name
      const known = new Set(more ? items.value.map((item) => item.application) : [])
      items.value = [...(more ? items.value : []), ...page.items.filter((item) => !known.has(item.application))]
      cursor.value = page.next_cursor
    } catch (error) {
      if (mine === asked) sayError(error)
    } finally {
      if (mine === asked) loading.value = false
    }
  }

  function refresh(): Promise<void> {
    nothingLeft.value = false
    return load()
  }

  function show(wanted: (typeof STATUSES)[number]): Promise<void> {
    status.value = wanted
    items.value = []
    cursor.value = null
    return refresh()
  }

  async function take(): Promise<void> {
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

  return { status, items, cursor, nothingLeft, loading, taking, load, refresh, show, take }
}
