/** Sends one file to storage with the presigned POST of its ticket. XHR, because fetch reports no upload progress. */
import type { Schema } from './contract'

/** `dropped`: no answer, worth another try. `refused`: the ticket is not (or no longer) good. */
export class SendError extends Error {
  constructor(
    readonly kind: 'dropped' | 'refused',
    status = 0,
  ) {
    super(`${kind} ${status}`)
  }
}

// A phone that lost its network often says so only much later; without progress for this long, try again. What has been
// handed over to the system may still be on its way: on a slow network a whole image fits into its buffers.
const STALLED = 30_000
const UNANSWERED = 60_000

type Ticket = Pick<Schema<'UploadTicket'>, 'url' | 'fields'>
export type Send<T extends Ticket = Ticket> = (
  ticket: T,
  file: Blob,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
) => Promise<void>

export const send: Send = (ticket, file, onProgress, signal) =>
  new Promise((resolve, reject) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value)
    form.append('file', file)
    const request = new XMLHttpRequest()
    let timer = 0
    const allow = (ms: number) => {
      clearTimeout(timer)
      timer = window.setTimeout(() => request.abort(), ms)
    }
    const settle = (error?: Error) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
      if (error) reject(error)
      else resolve()
    }
    const cancel = () => request.abort()
    signal.addEventListener('abort', cancel)
    request.upload.onprogress = ({ loaded, total, lengthComputable }) => {
      allow(lengthComputable && loaded >= total ? UNANSWERED : STALLED)
      if (lengthComputable) onProgress(loaded / total)
    }
    request.onload = () => {
      if (request.status < 300) return settle()
      // Storage answers 400 when it has waited too long for the rest of a slow upload.
      const late = request.status === 400 && request.responseText.includes('<Code>RequestTimeout</Code>')
      const dropped = late || request.status === 429 || request.status >= 500
      settle(new SendError(dropped ? 'dropped' : 'refused', request.status))
    }
    request.onerror = () => settle(new SendError('dropped'))
    request.onabort = () => settle(signal.aborted ? new DOMException('cancelled', 'AbortError') : new SendError('dropped'))
    request.open('POST', ticket.url)
    request.send(form)
    allow(STALLED)
  })
