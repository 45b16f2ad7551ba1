/**
 * Where the console is, so that the browser's own keys and a reload work: `#/` is the queue, `#/case/<application>` one
 * case. What the queue is filtered by follows either, `#/?status=returned&round=2`, and so is there on the way back. What
 * is searched for does not: addresses stay in the browser's history, and it is mostly somebody's name.
 */
import { computed, readonly, ref, shallowRef } from 'vue'

export const STATUSES = ['submitted', 'returned', 'approved'] as const
export type Status = (typeof STATUSES)[number]
/** Hours. */
export const WAITS = [4, 12, 24, 48] as const

export interface Filters {
  status: Status
  /** 0: any. */
  round: number
  /** Claimed by me. */
  mine: boolean
  /** At least so many hours; 0: any. */
  waiting: number
  search: string
  /** A lead's choice; empty: the reviewer's own. */
  site: string
}

export const NO_FILTERS: Readonly<Filters> = {
  status: 'submitted', round: 0, mine: false, waiting: 0, search: '', site: '',
}

function read(): { application: string | null; filters: Filters } {
  const [path = '', query = ''] = location.hash.split(/\?(.*)/s)
  const said = new URLSearchParams(query)
  const application = /^#\/case\/([A-Za-z0-9_-]{1,60})$/.exec(path)?.[1] ?? null
  return {
    application,
    filters: {
      status: STATUSES.find((one) => one === said.get('status')) ?? 'submitted',
      round: Number(/^[1-9]\d{0,2}$/.exec(said.get('round') ?? '')?.[0] ?? 0),
      mine: said.get('mine') === 'true',
      waiting: WAITS.find((one) => String(one) === said.get('waiting')) ?? 0,
      search: '',
      site: /^[A-Za-z0-9_-]{1,20}$/.exec(said.get('site') ?? '')?.[0] ?? '',
    },
  }
}

const first = read()
const current = ref(first.application)
const chosen = shallowRef(first.filters)
addEventListener('hashchange', () => {
  const { application, filters } = read()
  current.value = application
  if (linkTo(application, filters) === linkTo(application, chosen.value)) return
  chosen.value = { ...filters, search: chosen.value.search }
})

/** The open case, null in the queue. */
export const openCase = readonly(current)
/** What the queue is filtered by. */
export const filters = readonly(chosen)
/** The site whose cases a lead has chosen; empty for the reviewer's own. */
export const site = computed(() => chosen.value.site)

function linkTo(application: string | null, { status, round, mine, waiting, site }: Filters): string {
  const said = new URLSearchParams()
  const all = { status: status === 'submitted' ? '' : status, round, mine, waiting, site }
  for (const [name, value] of Object.entries(all)) if (value) said.set(name, String(value))
  const query = said.toString()
  return `#/${application ? `case/${application}` : ''}${query && `?${query}`}`
}

export function caseLink(application: string): string {
  return linkTo(application, chosen.value)
}

export function go(application: string | null): void {
  const hash = linkTo(application, chosen.value)
  if (location.hash !== hash) location.hash = hash
  current.value = application
}

/** The browser's way back does not go through every filter that was tried. */
export function setFilters(changed: Partial<Filters>): void {
  chosen.value = { ...chosen.value, ...changed }
  history.replaceState(history.state, '', linkTo(current.value, chosen.value))
}
