/**
 * Single cases, for administrators: what was searched for and found, and what is being written about each. It outlives a
 * change of the page and a refusal, and nobody's sign-out. Addresses hold no search: they stay in the browser's history.
 */
import { reactive, ref, shallowRef, watch } from 'vue'
import type { Schema } from '../../../shared/contract'
import { asApiError } from '../../../shared/errors'
import { pick } from '../../../shared/i18n'
import { textOf } from './useMessage'
import { ask, staff } from './useSession'

export type Case = Schema<'Case'>
export type Item = Schema<'CaseItem'>
export type Area = Schema<'Area'>

/** A request looks through twelve queues: with many sites nothing may be found in the first of them. */
const TRIES = 5

export const search = ref('')
/** Empty: any. */
export const site = ref('')
/** What was found for `of`; null until something was looked for. */
export const found = shallowRef<{ of: string; site: string; items: Item[]; cursor: string | null } | null>(null)
export const looking = ref(false)
/** The exam's areas with their sites; empty until they have come. */
export const areas = shallowRef<Area[]>([])

export interface Extending {
  until: string
  reason: string
}
export interface Reopening {
  reason: string
  /** By slot, of those that are chosen. */
  slots: Record<string, { code: string; note: string }>
}
export interface AreaExtending extends Extending {
  area: string
}

const extending = reactive(new Map<string, Extending>())
const reopening = reactive(new Map<string, Reopening>())
const nothing = (): AreaExtending => ({ area: '', until: '', reason: '' })
export const areaExtending = ref(nothing())

/** What is being written about an extension of this case. */
export const extendingOf = (application: string): Extending => kept(extending, application, () => ({ until: '', reason: '' }))
export const reopeningOf = (application: string): Reopening => kept(reopening, application, () => ({ reason: '', slots: {} }))

function kept<Value>(of: Map<string, Value>, application: string, made: () => Value): Value {
  if (!of.has(application)) of.set(application, made())
  return of.get(application)!
}

/** It is done. */
export function forgetWritten(application: string): void {
  extending.delete(application)
  reopening.delete(application)
}

export function forgetAreaExtending(): void {
  areaExtending.value = nothing()
}

/** Whether there is something written that a closed page would lose. */
export const anyUnsaid = (): boolean =>
  [...extending.values(), areaExtending.value].some((one) => one.until || one.reason) ||
  [...reopening.values()].some((one) => one.reason || Object.keys(one.slots).length > 0)

/** Only the last search counts. */
let turn = 0

/** Looks from the beginning, or goes on where the last request has stopped. */
export async function look(more = false): Promise<void> {
  const of = more ? found.value!.of : search.value.trim()
  const at = more ? found.value!.site : site.value
  const mine = ++turn
  looking.value = true
  let items = more ? found.value!.items : []
  let cursor = more ? found.value!.cursor : null
  const before = items.length
  try {
    for (let n = 0; n < TRIES; n++) {
      const query = { search: of, ...(at && { site: at }), ...(cursor && { cursor }) }
      const page = await ask('GET /exams/{exam}/applications', { path: { exam: staff.value!.exam }, query })
      if (mine !== turn) return
      items = [...items, ...page.items]
      cursor = page.next_cursor
      if (!cursor || items.length > before) break
    }
    found.value = { of, site: at, items, cursor }
  } finally {
    if (mine === turn) looking.value = false
  }
}

export async function readAreas(): Promise<void> {
  areas.value = (await ask('GET /exams/{exam}', { path: { exam: staff.value!.exam } })).document.areas
}

export interface Refusal {
  /** Of the form that was sent; empty: it is about no single one. */
  field: string
  text: () => string
  code: string
}

/** A refusal and the field that it leads to: `slots[2].note` is as good as it gets. */
export function refusalOf(error: unknown): Refusal {
  const { code, problem } = asApiError(error)
  const field = ['too_soon', 'not_later', 'too_late'].includes(code) ? 'until' : code === 'bad_request' ? (problem.field ?? '') : ''
  const [note] = code === 'invalid_exam' ? (problem.problems ?? []) : []
  if (!note) return { field, text: textOf(error), code }
  return { field: note.path.endsWith('.until') ? 'until' : '', text: () => pick(note.text), code }
}

watch(
  () => staff.value?.username,
  () => {
    turn++
    search.value = site.value = ''
    found.value = null
    areas.value = []
    looking.value = false
    extending.clear()
    reopening.clear()
    forgetAreaExtending()
  },
  { flush: 'sync' },
)
