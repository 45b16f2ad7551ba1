/** Sends a decision and opens the next case. What was entered is forgotten only when the decision has been taken. */
import { ref } from 'vue'
import type { Schema } from '../../../shared/contract'
import { asApiError } from '../../../shared/errors'
import { forgetDraft, type Review } from '../draft'
import { t } from '../texts'
import { say, sayError, silence, textOf } from './useMessage'
import { takeNext } from './useQueue'
import { go } from './useRoute'
import { ask } from './useSession'
import type { Lease } from './useLease'

interface Case {
  review: Review
  lease: Lease
  /** Asks again what the case looks like by now. */
  reload: () => Promise<void>
}

export function useDecision() {
  const sending = ref(false)

  async function send({ review, lease, reload }: Case, request: Schema<'DecisionRequest'>): Promise<void> {
    const { application } = review
    sending.value = true
    silence()
    try {
      const path = { application }
      // The same decision sent twice counts once, so a lost answer may be asked for again.
      const decided = await ask('POST /reviews/{application}/decision', { path, body: request, retry: 1 })
      lease.drop()
      forgetDraft(application)
      const { name } = review.candidate
      const serial = decided.serial_number ?? '—'
      const approved = decided.status === 'approved'
      const done = () => (approved ? t('done_approve', { name, serial }) : t('done_return', { name }))
      await next(done)
    } catch (error) {
      const { code } = asApiError(error)
      sayError(error)
      if (code === 'claimed_by_other' || code === 'already_decided') lease.drop()
      if (code === 'claimed_by_other' || code === 'already_decided' || code === 'stale_round') await reload()
    } finally {
      sending.value = false
    }
  }

  return { sending, send }
}

/** On to the next case; whatever hinders that, the reviewer is told that the decision stands. */
async function next(done: () => string): Promise<void> {
  try {
    const more = await takeNext()
    say('success', more ? done : () => `${done()} ${t('queue_empty')}`)
    if (!more) go(null)
  } catch (error) {
    say('info', () => `${done()} ${textOf(error)()}`)
    go(null)
  }
}
