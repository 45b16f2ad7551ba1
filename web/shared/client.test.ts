import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call, configure, renewWithin, signIn, signOut } from './client'
import { ApiError } from './errors'
import { pick } from './i18n'
import { currentSession, forgetSession, keepSession } from './session'

type Handler = (request: { call: string; token: string; body: unknown }) => Response | Promise<Response>

const JSON_HEADERS = { 'content-type': 'application/json' }
const ok = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: JSON_HEADERS })
const refusal = (status: number, code: string, facts = {}) =>
  ok({ status, code, title: '不行', text: { zh: '不行', en: 'No' }, ...facts }, status)
const session = (token: string, expires_in = 3600) => ({
  id_token: token,
  refresh_token: 'refresh',
  expires_in,
  role: 'candidate' as const,
  activated: false,
})

let requests: string[]
let signedOut: ReturnType<typeof vi.fn>

/** Answers every API request with `handler`. */
function server(handler: Handler) {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    const headers = init.headers as Record<string, string>
    const name = `${init.method} ${url.replace('/api', '')}`
    requests.push(name)
    return handler({
      call: name,
      token: (headers.authorization ?? '').replace('Bearer ', ''),
      body: init.body ? JSON.parse(init.body as string) : undefined,
    })
  })
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error as ApiError,
  )

beforeEach(() => {
  requests = []
  signedOut = vi.fn()
  forgetSession()
  configure({ onSignedOut: signedOut as unknown as () => void })
  vi.spyOn(Math, 'random').mockReturnValue(0)
})

describe('tokens', () => {
  it('are kept when signing in and sent with calls', async () => {
    server(({ call, token }) => (call === 'POST /session' ? ok(session('one')) : ok({ token })))
    await signIn('zhang', 'secret')
    expect(await call('GET /application')).toEqual({ token: 'one' })
    expect(currentSession()?.username).toBe('zhang')
  })

  it('are renewed shortly before they end, once for all calls', async () => {
    keepSession(session('old', 30), 'zhang')
    server(({ call, token }) => (call === 'POST /session/refresh' ? ok(session('new')) : ok({ token })))
    const answers = await Promise.all([call('GET /application'), call('GET /application/notice')])
    expect(answers).toEqual([{ token: 'new' }, { token: 'new' }])
    expect(requests.filter((request) => request === 'POST /session/refresh')).toHaveLength(1)
  })

  it('are renewed early for calls that will have no time for it, and only then', async () => {
    server(() => ok(session('new')))
    keepSession(session('old', 300), 'zhang')
    await renewWithin(180_000)
    expect(requests).toEqual([])
    keepSession(session('old', 170), 'zhang')
    await renewWithin(180_000)
    expect(currentSession()?.idToken).toBe('new')
  })

  it('that cannot be renewed mean signed out', async () => {
    keepSession(session('old', -5), 'zhang')
    server(() => refusal(401, 'session_expired'))
    expect((await failure(call('GET /application'))).code).toBe('signed_out')
    expect(signedOut).toHaveBeenCalledOnce()
    expect(currentSession()).toBeNull()
  })

  it('that the authorizer refuses are renewed once', async () => {
    keepSession(session('old', 3600), 'zhang')
    server(({ call, token }) => {
      if (call === 'POST /session/refresh') return ok(session('new'))
      if (token === 'new') return ok({ token })
      // The laptop slept: by now the token has ended. This is how API Gateway says so.
      return ok({ message: 'Unauthorized' }, 401)
    })
    expect(await call('GET /application')).toEqual({ token: 'new' })
    expect(requests).toEqual(['GET /application', 'POST /session/refresh', 'GET /application'])
  })

  it('are kept when the network is dead: that is not signed out', async () => {
    keepSession(session('old', 3600), 'zhang')
    server(() => Promise.reject(new TypeError('Failed to fetch')))
    expect((await failure(call('POST /submission', { body: { round: 1 } }))).code).toBe('network')
    expect(currentSession()?.idToken).toBe('old')
    expect(signedOut).not.toHaveBeenCalled()
  })

  it('are forgotten at once when signing out, even if the server cannot be told', async () => {
    keepSession(session('one'), 'zhang')
    server(() => Promise.reject(new TypeError('Failed to fetch')))
    const told = signOut()
    expect(currentSession()).toBeNull()
    expect((await failure(told)).code).toBe('network')
  })

  /** A call whose renewal is on its way until the returned function answers it. */
  function renewal() {
    let answer: (response: Response) => void = () => undefined
    keepSession(session('old', 30), 'zhang')
    server(({ call, token }) => {
      if (call !== 'POST /session/refresh') return ok({ token })
      return new Promise((resolve) => (answer = resolve))
    })
    const refused = failure(call('GET /application'))
    const asked = vi.waitFor(() => expect(requests).toContain('POST /session/refresh'))
    return { asked, refused, answer: (response: Response) => answer(response) }
  }

  it('that come after signing out are thrown away', async () => {
    const { asked, refused, answer } = renewal()
    await asked
    forgetSession()
    answer(ok(session('new')))
    expect((await refused).code).toBe('signed_out')
    expect(currentSession()).toBeNull()
    expect(requests).not.toContain('GET /application')
  })

  it.each([
    ['renewed', () => ok(session('new'))],
    ['refused', () => refusal(401, 'session_expired')],
  ])('that are %s after somebody else has signed in leave their session alone', async (_, response) => {
    const { asked, refused, answer } = renewal()
    await asked
    keepSession({ ...session('theirs'), refresh_token: 'their refresh' }, 'li')
    expect(await call('GET /application')).toEqual({ token: 'theirs' })
    answer(response())
    expect((await refused).code).toBe('signed_out')
    expect(currentSession()).toMatchObject({ idToken: 'theirs', username: 'li' })
    expect(signedOut).not.toHaveBeenCalled()
  })

  it('of somebody else are not waited for', async () => {
    const { asked, refused, answer } = renewal()
    await asked
    const theirs = (token: string, expires_in?: number) => ({ ...session(token, expires_in), refresh_token: 'their refresh' })
    keepSession(theirs('theirs', 30), 'li')
    server(({ call, token }) => ok(call === 'POST /session/refresh' ? theirs('their new') : { token }))
    expect(await call('GET /application')).toEqual({ token: 'their new' })
    answer(ok(session('new')))
    await refused
    expect(currentSession()?.idToken).toBe('their new')
  })
})

describe('refusals', () => {
  beforeEach(() => void keepSession(session('one'), 'zhang'))

  it('carry their code, texts and facts', async () => {
    server(() => refusal(422, 'incomplete', { missing: [{ category: 'identity' }] }))
    const error = await failure(call('POST /submission', { body: { round: 1 } }))
    expect(error).toMatchObject({ code: 'incomplete', status: 422, text: { zh: '不行', en: 'No' } })
    expect(error.problem.missing).toEqual([{ category: 'identity' }])
    expect(requests).toHaveLength(1)
  })

  it('say how long to wait', async () => {
    server(() => refusal(429, 'too_many_attempts', { retry_after: 60 }))
    expect((await failure(signIn('zhang', 'wrong'))).problem.retry_after).toBe(60)
  })

  it('by something in between that is not our API are unexpected', async () => {
    server(() => new Response('<html>', { status: 502 }))
    const error = await failure(call('POST /submission', { body: { round: 1 } }))
    expect(error).toMatchObject({ code: 'unexpected', status: 502, passing: true })
  })
})

describe('repeating', () => {
  beforeEach(() => {
    keepSession(session('one'), 'zhang')
    vi.useFakeTimers()
    return () => vi.useRealTimers()
  })

  async function settled<T>(promise: Promise<T>): Promise<T> {
    await vi.runAllTimersAsync()
    return promise
  }

  it('reads again when the connection drops', async () => {
    let left = 2
    server(() => (left-- ? Promise.reject(new TypeError()) : ok({ status: 'draft' })))
    expect(await settled(call('GET /application'))).toEqual({ status: 'draft' })
    expect(requests).toHaveLength(3)
  })

  it('gives up after a few times', async () => {
    server(() => refusal(503, 'busy'))
    const error = settled(failure(call('GET /application')))
    expect((await error).code).toBe('busy')
    expect(requests).toHaveLength(3)
  })

  it('does not wait for ever for an answer that stops in the middle', async () => {
    vi.stubGlobal('fetch', async (_url: string, { signal }: RequestInit) => {
        const body = new Promise<string>((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
      return { ok: true, status: 200, text: () => body }
    })
    const error = await settled(failure(call('POST /submission', { body: { round: 1 } })))
    expect(error).toMatchObject({ code: 'network', status: 0 })
  })

  it('never repeats a call for somebody else who has signed in meanwhile', async () => {
    server(() => {
      keepSession(session('two'), 'li')
      return Promise.reject(new TypeError())
    })
    expect((await settled(failure(call('GET /application')))).code).toBe('signed_out')
    expect(requests).toHaveLength(1)
    expect(currentSession()?.username).toBe('li')
  })
})

it('hands nobody an answer that was for whoever has signed out meanwhile', async () => {
  for (const next of [forgetSession, () => void keepSession(session('two'), 'li')]) {
    keepSession(session('one'), 'zhang')
    server(() => {
      next()
      return ok({ candidate: 'zhang' })
    })
    const body = { phone: '1', address: '2' }
    expect((await failure(call('PUT /application/profile', { body }))).code).toBe('signed_out')
  }
  expect(currentSession()?.username).toBe('li')
})

it('fills in paths and queries', async () => {
  keepSession(session('one'), 'zhang')
  server(() => new Response(null, { status: 204 }))
  expect(await call('DELETE /uploads/{slot}', { path: { slot: 'a/b' } })).toBeUndefined()
  await call('GET /reviews', { query: { status: 'submitted', cursor: undefined, limit: 5 } })
  expect(requests).toEqual(['DELETE /uploads/a%2Fb', 'GET /reviews?status=submitted&limit=5'])
})

describe('the id of what a person does', () => {
  const sent: string[] = []
  const answering = (...answers: Response[]) =>
    vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
      sent.push((init.headers as Record<string, string>)['x-correlation-id']!)
      return answers.shift()!
    })

  beforeEach(() => {
    sent.length = 0
    vi.useFakeTimers()
    keepSession(session('one'), 'zhang')
  })
  afterEach(() => vi.useRealTimers())

  it('is the same for all tries, and another for the next thing', async () => {
    answering(refusal(503, 'busy'), ok({}), ok({}))
    const first = call('GET /application')
    await vi.runAllTimersAsync()
    await first
    await call('GET /application')
    expect(sent[0]).toMatch(/^[0-9a-f]{16}$/)
    expect(sent[1]).toBe(sent[0])
    expect(sent[2]).not.toBe(sent[0])
  })

  it('is told to who cannot put it right, so that the help desk finds it', async () => {
    const body = { slot: 'identity-1' }
    for (const [status, code] of [[500, 'internal'], [409, 'window_closed'], [502, '']] as const) {
      answering(refusal(status, code))
      const error = await failure(call('DELETE /uploads/{slot}', { path: body }))
      const short = `${sent.at(-1)!.slice(0, 4)}-${sent.at(-1)!.slice(4, 8)}`
      expect(pick(error.text).endsWith(` #${short}`)).toBe(true)
    }
  })

  it('is not in the way where the sentence says what to do', async () => {
    answering(refusal(422, 'too_large'))
    expect((await failure(call('GET /application'))).text).toEqual({ zh: '不行', en: 'No' })
  })
})
