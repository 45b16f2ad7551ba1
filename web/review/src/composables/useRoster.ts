/** A roster file on its way, and what has become of the earlier ones. Sending goes on while other pages are looked at. */
import { shallowRef, watch } from 'vue'
import type { Schema } from '../../../shared/contract'
import { send, SendError } from '../../../shared/send'
import { t } from '../texts'
import { say, sayError, silence } from './useMessage'
import { ask, staff } from './useSession'

export type RosterImport = Schema<'RosterImportView'>

/** The file that is being sent; `fraction` of its bytes are gone. */
export const sending = shallowRef<{ name: string; fraction: number; cancel: () => void } | null>(null)
/** Newest first; null until they have been read. */
export const imports = shallowRef<RosterImport[] | null>(null)

export const isOver = ({ state }: RosterImport) => state !== 'waiting' && state !== 'running'

export async function readImports(exam: string): Promise<void> {
  imports.value = (await ask('GET /exams/{exam}/roster', { path: { exam } })).imports
}

/** What speaks against a file before anything is sent; null if nothing does. */
export function objection(file: File, maxBytes = Infinity): (() => string) | null {
  if (!file.size) return () => t('roster_empty_file')
  if (/\.(xlsx?|xlsm|ods|et|numbers|zip|docx?|pdf)$/i.test(file.name)) return () => t('roster_no_csv', { name: file.name })
  if (file.size > maxBytes) return () => t('roster_too_large', { mb: Math.floor(maxBytes / 2 ** 20) })
  return null
}

export async function sendRoster(exam: string, file: File): Promise<void> {
  if (sending.value) return
  silence()
  const stop = new AbortController()
  const show = (fraction: number) => (sending.value = { name: file.name, fraction, cancel: () => stop.abort() })
  show(0)
  try {
    let wrong = objection(file)
    if (!wrong) {
      const ticket = await ask('POST /exams/{exam}/roster', { path: { exam } })
      wrong = objection(file, ticket.max_bytes)
      if (!wrong) await send(ticket, file, show, stop.signal)
    }
    if (wrong) return say('error', wrong)
    say('success', () => t('roster_sent'))
  } catch (error) {
    if (stop.signal.aborted) return
    if (error instanceof SendError) say('error', () => t(error.kind === 'dropped' ? 'roster_dropped' : 'roster_not_taken'))
    else sayError(error)
  } finally {
    sending.value = null
  }
}

watch(
  () => staff.value?.username,
  () => {
    sending.value?.cancel()
    imports.value = null
  },
  { flush: 'sync' },
)
