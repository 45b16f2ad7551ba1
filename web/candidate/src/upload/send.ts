/** Sends one image to storage with the presigned POST of its ticket. XHR, because fetch reports no upload progress. */
import type { Schema } from '../../../shared/contract'

/** `dropped`: no answer, worth another try. `refused`: the ticket is not (or no longer) good. */
export class SendError extends Error {
  constructor(
    readonly kind: 'dropped' | 'refused',
    status = 0,
  ) {
    super(`${kind} ${status}`)
  }
}

// A phone that lost its network often says so only much later; without progress for this long, try again.
const STALLED = 30_000

export type Send = (
  ticket: Schema<'UploadTicket'>,
  image: Blob,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
) => Promise<void>

export const send: Send = (ticket, image, onProgress, signal) =>
  new Promise((resolve, reject) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value)
    form.append('file', image)
    const request = new XMLHttpRequest()
    let stall = window.setTimeout(() => request.abort(), STALLED)
    const settle = (error?: Error) => {
      clearTimeout(stall)
      signal.removeEventListener('abort', cancel)
      if (error) reject(error)
      else resolve()
    }
    const cancel = () => request.abort()
    signal.addEventListener('abort', cancel)
    request.upload.onprogress = (event) => {
      clearTimeout(stall)
      stall = window.setTimeout(() => request.abort(), STALLED)
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    request.onload = () => {
      if (request.status < 300) settle()
      else settle(new SendError(request.status >= 500 ? 'dropped' : 'refused', request.status))
    }
    request.onerror = () => settle(new SendError('dropped'))
    request.onabort = () => settle(signal.aborted ? new DOMException('cancelled', 'AbortError') : new SendError('dropped'))
    request.open('POST', ticket.url)
    request.send(form)
  })
