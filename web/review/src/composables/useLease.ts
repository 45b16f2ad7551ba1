/** The lease on one application: renewed while the case is open, given back when the reviewer leaves it. */
import { readonly, ref } from 'vue'
import type { Schema } from '../../../shared/contract'
import { ApiError } from '../../../shared/errors'
import { every } from './every'
import { ask } from './useSession'

export const RENEW_EVERY = 5 * 60_000
export const RETRY_AFTER = 30_000

export type Lease = ReturnType<typeof useLease>

/** `lost` is told once when somebody else has the application, or it no longer waits. */
export function useLease(application: string, lost: (error: ApiError) => void) {
  const mine = ref(false)
  /** Epoch milliseconds. */
  const until = ref(0)
  /** The last renewal got no answer. A decision still counts unless somebody else has claimed meanwhile. */
  const shaky = ref(false)
  let stop: (() => void) | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  const path = { application }

  function hold(claim: Schema<'ClaimView'>): void {
    mine.value = true
    shaky.value = false
    until.value = Date.parse(claim.expires_at)
    stop ??= every(RENEW_EVERY, () => void renew())
  }

  /** Claims it. Rejects with the refusal. */
  async function take(): Promise<void> {
    hold(await ask('POST /reviews/{application}/claim', { path, retry: 1 }))
  }

  async function renew(): Promise<void> {
    clearTimeout(retry)
    try {
      const claim = await ask('POST /reviews/{application}/claim', { path })
      if (mine.value) hold(claim)
      // The case was left while the answer was on its way.
      else await giveBack()
    } catch (error) {
      if (!mine.value || !(error instanceof ApiError)) return
      if (error.passing || error.code === 'busy') {
        shaky.value = true
        retry = setTimeout(() => void renew(), RETRY_AFTER)
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
    clearTimeout(retry)
    stop?.()
    stop = null
  }

  async function release(): Promise<void> {
    if (!mine.value) return
    drop()
    await giveBack()
  }

  async function giveBack(): Promise<void> {
    // Not worth a message: a lease that cannot be given back runs out within ten minutes.
    await ask('DELETE /reviews/{application}/claim', { path, keepalive: true }).catch(() => undefined)
  }

  return { mine: readonly(mine), until: readonly(until), shaky: readonly(shaky), hold, take, drop, release }
}
