/**
 * The reviewer's desk: the case on the screen, the one that is fetched while it is worked on, and the way from one to the
 * other. The address says which case is open; opening one claims it, and leaving the cases for the queue puts them back.
 */
import { computed, onUnmounted, ref, shallowReactive, shallowRef, watch } from 'vue'
import { renewWithin } from '../../../shared/client'
import type { Schema } from '../../../shared/contract'
import { asApiError, type ErrorCode } from '../../../shared/errors'
import { anyUnsent } from '../draft'
import { t } from '../texts'
import { every } from './every'
import { useCase, type Case } from './useCase'
import { dropAll, dropRefused, held, hold, leavePage, outgoing, resume, sendHeld, takeBack, whenSettled } from './useDecision'
import { examUnsaved } from './useExamText'
import { leasesReturned } from './useLease'
import { say, sayError, silence, textOf } from './useMessage'
import { go, openCase, site } from './useRoute'
import { ask, ended, leave, staff } from './useSession'

/** The most cases that a reviewer may hold: on the screen, next, and decided but not sent. */
const CLAIMS = 3
/** The page may be left at any moment, and what is said then cannot wait for a new token: this much life is always left. */
const TOKEN_LEFT = 3 * 60_000
const TOKEN_LOOK = 30_000

export const current = shallowRef<Case | null>(null)
/** The cases that come next, the first one first; claimed, their images loaded. */
export const ahead = shallowReactive<Case[]>([])
/** The last answer was that nothing waits. */
export const nothingLeft = ref(false)
/** The case on the screen is decided, and the next one is not here yet. */
export const turning = computed(() => current.value !== null && outgoing.some(isOnScreen))

const told = { lost, newRound }
/** Refusals of a claim that the case itself shows. */
const SHOWN: readonly ErrorCode[] = ['claimed_by_other', 'already_decided', 'not_found', 'network']
let asking: Promise<void> | null = null
/** How many wait for the next case to open it; without them it is wanted only while another one is open. */
let takers = 0

/** For App, once. */
export function useDesk(): void {
  whenSettled((it) => {
    if (it.state === 'refused' && it.work) {
      if (it.work === current.value) void it.work.load()
      else it.work.putBack()
    }
    void fill()
  })
  watch([openCase, () => staff.value?.username], ([application, username], [, before]) => {
    if (username && username !== before) resume(username)
    // Administrators look at no cases.
    show(staff.value && staff.value.role !== 'admin' ? application : null)
  }, { immediate: true, flush: 'sync' })
  // A case that was opened read-only becomes one to work on.
  watch(() => current.value?.review.value && current.value.lease.mine.value, () => void fill())

  addEventListener('pagehide', leaving)
  addEventListener('pageshow', returning)
  const stop = every(TOKEN_LOOK, () => {
    if (current.value || outgoing.length) keepToken()
  })
  onUnmounted(() => {
    removeEventListener('pagehide', leaving)
    removeEventListener('pageshow', returning)
    stop()
  })
}

function show(application: string | null): void {
  const before = current.value
  if (application === (before?.application ?? null)) return
  current.value = application ? (ready(application) ?? opened(application)) : null
  if (before && !ahead.includes(before) && !outgoing.some((one) => one.work === before)) before.putBack()
  if (!application) for (const one of ahead.splice(0)) one.putBack()
  void fill()
}

/** The case if it is in memory: next in line, or just decided, which opening it undoes. */
function ready(application: string): Case | null {
  if (held.value?.application === application) {
    say('info', () => t('undone'))
    return takeBack()!.work!
  }
  dropRefused(application)
  const at = ahead.findIndex((one) => one.application === application)
  return at < 0 ? null : ahead.splice(at, 1)[0]!
}

/** Claims it if it is free, and shows it in any case. */
function opened(application: string): Case {
  const it = useCase(application, told)
  void claim(it)
  return it
}

export async function claim(it: Case): Promise<void> {
  try {
    await it.lease.take()
  } catch (error) {
    if (it === current.value && !SHOWN.includes(asApiError(error).code)) sayError(error)
  }
  await it.load()
  if (it === current.value) void it.preload()
}

/** Opens the case of a refused decision; if it is still on the screen, it is claimed once more, for it may be free by now. */
export function openRefused(application: string): void {
  const it = current.value
  if (it?.application !== application) return go(application)
  dropRefused(application)
  if (!it.lease.mine.value) void claim(it)
}

/** Sends what was held, holds this one, and puts the next case on the screen: at once if it is here. */
export async function decide(request: Schema<'DecisionRequest'>): Promise<void> {
  const it = current.value
  if (!it || turning.value) return
  silence()
  hold(it, request)
  keepToken()
  try {
    if (!ahead.length) await taken()
    if (isStill(it)) go(ahead[0]?.application ?? null)
  } catch (error) {
    if (!isStill(it)) return
    say('info', textOf(error))
    go(null)
  }
}

/** Brings the case back whose decision is held; the one on the screen is next again. False if there is none. */
export function undo(): boolean {
  const it = takeBack()?.work
  if (!it) return false
  silence()
  const before = current.value
  if (before === it) return true
  if (before?.lease.mine.value) ahead.unshift(before)
  ahead.unshift(it)
  go(it.application)
  return true
}

/** Claims the next application and opens it; false if nothing waits. Rejects with the refusal. */
export async function takeNext(): Promise<boolean> {
  const before = openCase.value
  if (!ahead.length) await taken()
  // Meanwhile the reviewer may have opened another one, and then this is the next.
  if (ahead[0] && openCase.value === before) go(ahead[0].application)
  return openCase.value !== before
}

async function taken(): Promise<void> {
  takers++
  try {
    await next()
  } finally {
    takers--
  }
}

/** Sends what is held and puts back what is open; false if something could not be sent and the reviewer would rather stay. */
export async function signOutOfDesk(): Promise<boolean> {
  sendHeld()
  for (let tries = 0; tries < 20 && outgoing.some((one) => one.state === 'sending'); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  const names = outgoing.filter((one) => one.state !== 'refused').map((one) => one.name)
  if (names.length && !confirm(t('sign_out_undecided', { list: names.join(t('and')) }))) return false
  if (anyUnsent(outgoing.map((one) => one.application)) && !confirm(t('sign_out_unsent'))) return false
  if (examUnsaved.value && !confirm(t('exam_discard'))) return false
  go(null)
  await leasesReturned()
  await abandon()
  return true
}

/** Signs out, whatever has not been sent; and says so. */
export async function abandon(): Promise<void> {
  const names = dropAll()
  go(null)
  await leave()
  if (names.length) say('error', () => t('lost_decisions', { list: names.join(t('and')) }))
}

/** Fetches the next case while this one is worked on. */
async function fill(): Promise<void> {
  const it = current.value
  const claims = 1 + outgoing.filter((one) => one.state !== 'refused').length
  if (!it?.lease.mine.value || turning.value || ahead.length || asking || claims >= CLAIMS) return
  // That there is none, or not yet, is no news: it is asked for again when something has changed, or when it is needed.
  await next().catch(() => undefined)
}

/** `POST /reviews/next`; those who want one at the same moment share it. */
function next(): Promise<void> {
  asking ??= request().finally(() => (asking = null))
  return asking
}

async function request(): Promise<void> {
  await leasesReturned()
  const review = await ask('POST /reviews/next', { query: { site: site.value } })
  nothingLeft.value = !review
  if (!review) return
  // Its lease had run out unnoticed; what was refused has been put back, and comes like any other.
  const inHand = outgoing.filter((one) => one.state !== 'refused').map((one) => one.work)
  const known = [current.value, ...inHand].find((one) => one?.application === review.application)
  if (known) return known.accept(review)
  const it = useCase(review.application, told)
  it.accept(review)
  if (!current.value && !takers) return it.putBack()
  ahead.push(it)
  void (current.value?.preload() ?? Promise.resolve()).then(() => it.preload())
}

function lost(it: Case, why: () => string): void {
  if (outgoing.some((one) => one.work === it)) return
  const at = ahead.indexOf(it)
  if (at >= 0) {
    ahead.splice(at, 1)
    it.finish()
    void fill()
  } else if (it === current.value) say('error', () => t('lease_lost', { why: why() }))
}

function newRound(it: Case, round: number): void {
  if (it === current.value) say('error', () => t('stale_round', { n: round }))
}

const isOnScreen = (one: (typeof outgoing)[number]) => one.work === current.value && one.state !== 'refused'
const isStill = (it: Case) => current.value === it && turning.value

function keepToken(): void {
  if (staff.value && !ended.value) void renewWithin(TOKEN_LEFT).catch(() => undefined)
}

function leaving(): void {
  if (!staff.value) return
  leavePage(staff.value.username)
  // What is decided needs its lease until the decision is there.
  for (const one of [...ahead, turning.value ? null : current.value]) void one?.lease.release()
}

/** Taken out of the browser's memory, the page would believe in leases that it has given back. */
function returning(event: PageTransitionEvent): void {
  if (event.persisted) location.reload()
}
