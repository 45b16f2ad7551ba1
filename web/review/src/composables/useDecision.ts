/**
 * Decisions on their way. One is held for half a minute, so that a slip can be undone; then, or at the next decision, or
 * when the page is left, it is sent. What could not be sent is tried again; what was refused is told until it is closed.
 */
import { computed, shallowReactive, shallowRef } from 'vue'
import type { Answer, Schema } from '../../../shared/contract'
import { asApiError } from '../../../shared/errors'
import { forgetDraft } from '../draft'
import { t } from '../texts'
import type { Case } from './useCase'
import { textOf } from './useMessage'
import { ask } from './useSession'

export const HELD_FOR = 30_000
const FIRST_RETRY = 1000
const LONGEST_RETRY = 30_000
const PREFIX = 'songshen.unsent.'

type Request = Schema<'DecisionRequest'>
type Decided = Answer<'POST /reviews/{application}/decision'>

export interface Outgoing {
  readonly application: string
  readonly name: string
  readonly request: Request
  /** Not there when the page was left before the answer came, and this is the page that was opened next. */
  readonly work?: Case
  state: 'held' | 'sending' | 'retrying' | 'refused'
  /** When a held one is sent, epoch milliseconds. */
  readonly until: number
  /** Why it was refused. */
  why: () => string
}

/** What a page leaves to the next one of its tab. `refused` is why, in the language of then. */
interface Left extends Pick<Outgoing, 'application' | 'name' | 'request'> {
  refused?: string
}

export const outgoing = shallowReactive<Outgoing[]>([])
export const held = computed(() => outgoing.find((one) => one.state === 'held') ?? null)
export const retrying = computed(() => outgoing.filter((one) => one.state === 'retrying'))
export const refused = computed(() => outgoing.filter((one) => one.state === 'refused'))
/** Whose decision was taken last, and what became of it. */
export const sent = shallowRef<{ name: string; decided: Decided } | null>(null)

let timer: ReturnType<typeof setTimeout> | undefined
/** Ends the waits for the next attempt. */
const wakeUps = new Set<() => void>()
let settled: (it: Outgoing) => void = () => undefined

/** `then` is told of every decision that was taken or refused. */
export function whenSettled(then: (it: Outgoing) => void): void {
  settled = then
}

/** Holds the decision; the one that was held before is sent. */
export function hold(work: Case, request: Request): void {
  sendHeld()
  sent.value = null
  // Decided anew, after a refusal.
  dropRefused(work.application)
  const { name } = work.review.value!.candidate
  const it = made({ application: work.application, name, request, work, until: Date.now() + HELD_FOR })
  it.state = 'held'
  outgoing.push(it)
  timer = setTimeout(sendHeld, HELD_FOR)
}

export function sendHeld(): void {
  clearTimeout(timer)
  if (held.value) void send(held.value)
}

/** Takes the held decision back; null if it was sent already. */
export function takeBack(): Outgoing | null {
  const it = held.value
  if (!it) return null
  clearTimeout(timer)
  drop(it)
  return it
}

export function drop(it: Outgoing): void {
  const at = outgoing.indexOf(it)
  if (at >= 0) outgoing.splice(at, 1)
}

/** The application is dealt with once more. */
export function dropRefused(application: string): void {
  for (const one of refused.value) if (one.application === application) drop(one)
}

export function retryNow(): void {
  for (const wake of [...wakeUps]) wake()
}

/** Forgets all of them: the session has ended for good. Tells whose were not sent. */
export function dropAll(): string[] {
  clearTimeout(timer)
  const names = outgoing.filter((one) => one.state !== 'refused').map((one) => one.name)
  for (const one of outgoing.splice(0)) one.work?.finish()
  sent.value = null
  retryNow()
  clearStored()
  return names
}

async function send(it: Outgoing): Promise<void> {
  const path = { application: it.application }
  for (let wait = FIRST_RETRY; outgoing.includes(it); wait = Math.min(2 * wait, LONGEST_RETRY)) {
    try {
      it.state = 'sending'
      // The same decision sent twice counts once, so a lost answer may be asked for again.
      const decided = await ask('POST /reviews/{application}/decision', { path, body: it.request, keepalive: true })
      return taken(it, decided)
    } catch (error) {
      const refusal = asApiError(error)
      if (!refusal.passing && refusal.code !== 'busy') return refuse(it, error)
      it.state = 'retrying'
      await nextTry(wait)
    }
  }
}

function taken(it: Outgoing, decided: Decided): void {
  if (!outgoing.includes(it)) return
  drop(it)
  it.work?.finish()
  forgetDraft(it.application)
  sent.value = { name: it.name, decided }
  settled(it)
}

/** The draft is kept: the case can be opened with everything that was entered. */
function refuse(it: Outgoing, error: unknown): void {
  if (!outgoing.includes(it)) return
  it.why = textOf(error)
  it.state = 'refused'
  settled(it)
}

function made(facts: Pick<Outgoing, 'application' | 'name' | 'request' | 'work' | 'until'>): Outgoing {
  return shallowReactive<Outgoing>({ ...facts, state: 'sending', why: () => t('server_failed') })
}

function nextTry(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timeout)
      removeEventListener('online', wake)
      wakeUps.delete(wake)
      resolve()
    }
    const timeout = setTimeout(wake, ms)
    addEventListener('online', wake)
    wakeUps.add(wake)
  })
}

/**
 * The page is being left. What is held goes out now, what hangs is woken; because nobody will see the answers, all of
 * them are written down, and the next page of this tab sends them again, which changes nothing where they have arrived.
 * What was refused is only told again: by now it might be taken, behind the reviewer's back.
 */
export function leavePage(username: string): void {
  sendHeld()
  retryNow()
  if (!outgoing.length) return
  const left = outgoing.map(({ application, name, request, state, why }): Left => {
    return { application, name, request, ...(state === 'refused' && { refused: why() }) }
  })
  try {
    sessionStorage.setItem(PREFIX + username, JSON.stringify(left))
  } catch {
    /* then they have to arrive at the first attempt */
  }
}

/** What this reviewer's last page has left behind; what anybody else's has, is removed. */
export function resume(username: string): void {
  let left: Left[] = []
  try {
    left = JSON.parse(sessionStorage.getItem(PREFIX + username) ?? '[]') as Left[]
  } catch {
    /* unreadable */
  }
  clearStored()
  for (const { refused, ...one } of left) {
    const it = made({ ...one, until: 0 })
    outgoing.push(it)
    if (refused === undefined) void send(it)
    else Object.assign(it, { state: 'refused', why: () => refused })
  }
}

function clearStored(): void {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
  } catch {
    /* nothing was stored */
  }
}

/** What the person at the screen is told about a decision. */
export function outcomeOf({ request }: Outgoing): string {
  return t(request.outcome === 'approve' ? 'approve' : 'return')
}
