/** The least that a request needs, so little that the page's first script has room for it too. */

export interface Reply {
  ok: boolean
  status: number
  body: string
  /** The id that the request was sent with. */
  correlation: string
}

/** An answer that was asked for before the page's script was there. */
interface Early {
  url: string
  token: string
  reply: Promise<Reply>
  /** When the answer came, epoch milliseconds; 0 until then. */
  came: number
}

declare global {
  interface Window {
    songshenEarly?: Early
  }
}

const CORRELATION = 'x-correlation-id'
const TIMEOUT = 20_000
// An answer tells what time it is: one that has waited longer for the script than this is asked for anew.
const STALE = 3000

/** Where the API is: under the pages' own origin, so that no browser asks for permission before a call. */
export const API = '/api'

/** The whole answer, or rejects: the time-out covers the body too, which may stop in the middle. */
export async function reach(url: string, init: RequestInit): Promise<Reply> {
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(), TIMEOUT)
  try {
    const response = await fetch(url, { ...init, signal: timer.signal })
    const correlation = (init.headers as Record<string, string> | undefined)?.[CORRELATION] ?? ''
    return { ok: response.ok, status: response.status, body: await response.text(), correlation }
  } finally {
    clearTimeout(timeout)
  }
}

/** The id of one thing that a person does: in every line that the functions log about it. */
export function newCorrelation(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join('')
}

/** How every call of the API is made; the repetitions of one have its id. */
export function authorized(token?: string, correlation = newCorrelation()): RequestInit {
  const headers: Record<string, string> = { [CORRELATION]: correlation }
  if (token) headers.authorization = `Bearer ${token}`
  return { headers, credentials: 'omit', cache: 'no-store' }
}

/** Sends a GET whose answer `takeEarly` may take, once. */
export function askEarly(path: string, token: string): void {
  const url = API + path
  const early: Early = { url, token, reply: reach(url, authorized(token)), came: 0 }
  const came = () => (early.came = Date.now())
  early.reply.then(came, came)
  window.songshenEarly = early
}

/** The answer to this very request, if it was sent early; what became of it is up to the caller, as of any request. */
export function takeEarly(url: string, token?: string): Promise<Reply> | undefined {
  const early = window.songshenEarly
  if (early?.url !== url || early.token !== token) return undefined
  delete window.songshenEarly
  return early.came && Date.now() - early.came > STALE ? undefined : early.reply
}
