/** The one message of the page: what has happened, or what went wrong and what to do. */
import { shallowRef, watch } from 'vue'
import { asApiError, type ErrorCode } from '../../../shared/errors'
import { pick, referenceOf } from '../../../shared/i18n'
import { t } from '../texts'
import { openCase } from './useRoute'

export interface Message {
  kind: 'success' | 'info' | 'error'
  /** Evaluated where it is shown, so that it follows the language. */
  text: () => string
}

const SHOWN_FOR = 10_000

export const message = shallowRef<Message | null>(null)
let timer: ReturnType<typeof setTimeout> | undefined

/** Errors stay until they are closed or replaced. */
export function say(kind: Message['kind'], text: () => string): void {
  clearTimeout(timer)
  message.value = { kind, text }
  if (kind !== 'error') timer = setTimeout(silence, SHOWN_FOR)
}

export function silence(): void {
  clearTimeout(timer)
  message.value = null
}

/** What went wrong on one page does not follow to the next; that a decision was taken does. */
watch(openCase, () => {
  if (message.value?.kind === 'error') silence()
})

/** The refusals' texts are good for reviewers too; only those that speak to candidates are said differently. */
const OWN: Partial<Record<ErrorCode, () => string>> = {
  network: () => t('no_network'),
  unexpected: () => t('server_failed'),
  internal: () => t('server_failed'),
  sign_in_failed: () => t('wrong_sign_in'),
}

export function textOf(error: unknown): () => string {
  const refusal = asApiError(error)
  const seconds = refusal.problem.retry_after
  if (refusal.code === 'too_many_attempts' && seconds) return () => t('too_many', { seconds })
  const own = OWN[refusal.code]
  return own ? () => own() + referenceOf(refusal.text) : () => pick(refusal.text)
}

export function sayError(error: unknown): void {
  say('error', textOf(error))
}
