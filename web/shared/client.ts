/**
 * The client of the HTTP API: `await call('PUT /application/profile', { body })`.
 *
 * Every failure is an `ApiError`. Calls that only read are repeated when the connection drops; a caller whose call may be
 * repeated says so with `retry`. The ID token is renewed shortly before it ends. Calls that cannot be made because nobody
 * is signed in any more reject with `signed_out`, after `onSignedOut` was told.
 */
import type { Answer, Body, Call } from './contract'
import { ApiError, pageError, refusalIn } from './errors'
import { API, authorized, newCorrelation, reach, takeEarly, type Reply } from './request'
import { currentSession, forgetSession, keepSession, lives, type Tokens } from './session'

interface Options<C extends Call> {
  body?: Body<C>
  /** Values of the {placeholders} in the path. */
  path?: Record<string, string>
  query?: Record<string, string | number | undefined>
  /** How often a call without an answer, or with a 5xx, is repeated; 2 for GET, else 0. */
  retry?: number
  /** The request outlives the page: for what is said when leaving it. */
  keepalive?: boolean
}

const PUBLIC: readonly Call[] = ['POST /session', 'POST /session/refresh', 'GET /notices/{code}']

let signedOut: () => void = () => undefined

/** Tells what to do when the session has ended. */
export function configure(options: { onSignedOut: () => void }): void {
  signedOut = options.onSignedOut
  renewing = null
}

export async function call<C extends Call>(name: C, options: Options<C> = {}): Promise<Answer<C>> {
  const who = currentSession()?.username
  const theirs = () => PUBLIC.includes(name) || currentSession()?.username === who
  const retries = options.retry ?? (name.startsWith('GET ') ? 2 : 0)
  const correlation = newCorrelation()
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await once(name, options, correlation)
      if (theirs()) return answer as Answer<C>
    } catch (error) {
      if (!(error instanceof ApiError) || !error.passing || attempt >= retries) throw error
      await pause(500 * 3 ** attempt)
    }
    // Meanwhile somebody else may have signed in on this computer: neither the answer nor another try is for them.
    if (!theirs()) throw pageError('signed_out', 401)
  }
}

/**
 * Signs in; the answer says whether this activated the account. `newPassword` replaces an initial one, which only staff have.
 */
export async function signIn(username: string, password: string, newPassword = ''): Promise<Answer<'POST /session'>> {
  const answer = await call('POST /session', { body: { username, password, new_password: newPassword } })
  keepSession(answer, username)
  return answer
}

/** Signs out everywhere. This device forgets the session at once; rejects if the server cannot be told. */
export async function signOut(): Promise<void> {
  const session = currentSession()
  forgetSession()
  if (!session) return
  try {
    const url = address('DELETE /session', {})
    let token = session.idToken
    if (session.expiresAt <= Date.now()) {
      token = (await call('POST /session/refresh', { body: { refresh_token: session.refreshToken } })).id_token
    }
    answerOf(await send('DELETE /session', url, { keepalive: true }, token))
  } catch (error) {
    // Signed out already.
    if (!(error instanceof ApiError && error.status === 401)) throw error
  }
}

/** Finds out whether the session still holds: if not, `onSignedOut` is told. */
export async function checkSession(): Promise<void> {
  const session = currentSession()
  if (session) await renew(session)
}

/** Renews the ID token if it ends within `ms`, for a call that will have no time for it. */
export async function renewWithin(ms: number): Promise<void> {
  const session = currentSession()
  if (session && session.expiresAt - ms < Date.now()) await renew(session)
}

/** Waits for `ms` give or take a quarter, so that many pages do not come back at the same moment. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms * (0.75 + Math.random() / 2)))
}

async function once<C extends Call>(name: C, options: Options<C>, correlation: string): Promise<unknown> {
  const url = address(name, options)
  const sent = (token?: string) => send(name, url, options, token, correlation)
  if (PUBLIC.includes(name)) return answerOf(await sent())
  let session = await freshSession()
  try {
    return answerOf(await sent(session.idToken))
  } catch (error) {
    // The authorizer's: the token has run out by now, as on a computer that slept, or was taken back.
    if (!(error instanceof ApiError && error.status === 401)) throw error
    session = await renew(session)
    const reply = await sent(session.idToken)
    if (reply.status === 401) throw end(session)
    return answerOf(reply)
  }
}

async function freshSession(): Promise<Tokens> {
  const session = currentSession()
  if (!session) throw end(session)
  return lives(session) ? session : renew(session)
}

let renewing: { of: string; tokens: Promise<Tokens> } | null = null

/** A new ID token; calls that need one at the same time share the request. */
function renew(session: Tokens): Promise<Tokens> {
  // Another call may have renewed it since.
  const current = currentSession()
  if (current?.refreshToken === session.refreshToken && current.idToken !== session.idToken) return Promise.resolve(current)
  if (renewing?.of !== session.refreshToken) {
    const request = { of: session.refreshToken, tokens: renewed(session) }
    const done = () => {
      if (renewing === request) renewing = null
    }
    renewing = request
    request.tokens.then(done, done)
  }
  return renewing.tokens
}

async function renewed(session: Tokens): Promise<Tokens> {
  try {
    const answer = await call('POST /session/refresh', { body: { refresh_token: session.refreshToken }, retry: 1 })
    // Signed out, or somebody else signed in, while this was on its way: their session is not touched.
    if (!isCurrent(session)) throw end(session)
    return keepSession(answer, session.username)
  } catch (error) {
    throw error instanceof ApiError && error.status === 401 ? end(session) : error
  }
}

function isCurrent(session: Tokens | null): boolean {
  return currentSession()?.refreshToken === session?.refreshToken
}

/** The call's session has ended. The page is told if it is the one at hand; a later one goes on. */
function end(session: Tokens | null): ApiError {
  if (isCurrent(session)) {
    forgetSession()
    signedOut()
  }
  return pageError('signed_out', 401)
}

function address<C extends Call>(name: C, options: Options<C>): string {
  const path = name
    .slice(name.indexOf(' ') + 1)
    .replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(options.path?.[key] ?? ''))
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== '') query.set(key, String(value))
  }
  const search = query.toString()
  return API + path + (search && `?${search}`)
}

function send<C extends Call>(
  name: C,
  url: string,
  options: Options<C>,
  token?: string,
  correlation?: string,
): Promise<Reply> {
  const { body, keepalive } = options
  const method = name.slice(0, name.indexOf(' '))
  const init: RequestInit = { ...authorized(token, correlation), method, keepalive }
  if (body !== undefined) {
    init.headers = { ...init.headers, 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  const reply = (method === 'GET' && takeEarly(url, token)) || reach(url, init)
  return reply.catch(() => {
    throw pageError('network')
  })
}

function answerOf({ ok, status, body, correlation }: Reply): unknown {
  if (!ok) throw refusalIn(status, body, correlation)
  if (status === 204) return undefined
  try {
    return JSON.parse(body)
  } catch {
    // The connection broke in the middle of the answer.
    throw pageError('network', 0)
  }
}
