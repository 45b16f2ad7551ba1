/** The lease on one application: renewed while it is worked on, given back when the reviewer leaves it. */
import { readonly, ref } from 'vue'
import type { Schema } from '../../../shared/contract'
import { ApiError } from '../../../shared/errors'
import { every } from './every'
import { ask } from './useSession'

export const RENEW_EVERY = 5 * 60_000
export const RETRY_AFTER = 30_000

export type Lease = ReturnType<typeof useLease>

/** Leases that are being given back. What is claimed meanwhile waits: the API may count them still, or undo the claim. */
const leaving = new Set<Promise<void>>()
/** A reviewer holds a lease, not a tab: when one tab gives back what another one works on, that one claims it again. */
const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('songshen.leases')
const renewals = new Map<string, () => void>()
tabs?.addEventListener('message', ({ data }) => renewals.get(String(data))?.())

export async function leasesReturned(): Promise<void> {
  await Promise.all(leaving)
}

/** `lost` is told once when somebody else has the application, or it no longer waits. */
export function useLease(application: string, lost: (error: ApiError) => void) {
  const mine = ref(false)
  /** Epoch milliseconds. */
  const until = ref(0)
  /** The last renewal got no answer. A decision still counts unless somebody else has claimed meanwhile. */
  const shaky = ref(false)
  let taking = false
  let stop: (() => void) | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  const path = { application }
  const soon = () => void renew()

  function hold(claim: Schema<'ClaimView'>): void {
    renewals.set(application, soon)
    mine.value = true
    shaky.value = false
    until.value = Date.parse(claim.expires_at)
    stop ??= every(RENEW_EVERY, soon)
  }

  /** Claims it. Rejects with the refusal. */
  async function take(): Promise<void> {
    taking = true
    try {
      await leasesReturned()
      if (!taking) return
      const claim = await ask('POST /reviews/{application}/claim', { path, retry: 1 })
      if (taking) hold(claim)
      // The case was left while the answer was on its way.
      else await giveBack()
    } finally {
      taking = false
    }
  }

  async function renew(): Promise<void> {
    clearTimeout(retry)
    try {
      const claim = await ask('POST /reviews/{application}/claim', { path })
      if (mine.value) hold(claim)
      else await giveBack()
    } catch (error) {
      if (!mine.value || !(error instanceof ApiError)) return
      if (error.passing || error.code === 'busy') {
        shaky.value = true
        retry = setTimeout(soon, RETRY_AFTER)
      } else {
        drop()
        lost(error)
      }
    }
  }

  /** No longer holds it, and tells nobody: it was decided, or somebody else has it. */
  function drop(): void {
    mine.value = false
    shaky.value = false
    taking = false
    clearTimeout(retry)
    stop?.()
    stop = null
    if (renewals.get(application) === soon) renewals.delete(application)
  }

  async function release(): Promise<void> {
    const held = mine.value
    drop()
    if (held) await giveBack()
  }

  async function giveBack(): Promise<void> {
    // Not worth a message: a lease that cannot be given back runs out within ten minutes.
    const done = ask('DELETE /reviews/{application}/claim', { path, keepalive: true }).then(
      () => {
        tabs?.postMessage(application)
        // This page may have claimed it anew meanwhile, and hears nothing of its own.
        renewals.get(application)?.()
      },
      () => undefined,
    )
    leaving.add(done)
    await done
    leaving.delete(done)
  }

  return { mine: readonly(mine), until: readonly(until), shaky: readonly(shaky), hold, take, drop, release }
}
