import { beforeEach, expect, it, vi } from 'vitest'
import { call, configure } from './client'
import { askEarly, takeEarly } from './request'
import { forgetSession, keepSession, lives } from './session'

const URL = '/api/application'
const session = (id_token: string, expires_in = 3600) => ({
  id_token,
  refresh_token: 'refresh',
  expires_in,
  role: 'candidate' as const,
  activated: false,
})

/** What was sent, as "token path"; the n-th answer is the n-th of `answers`. */
function server(...answers: (() => Promise<Response>)[]) {
  const sent: string[] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const token = (init.headers as Record<string, string>).authorization?.replace('Bearer ', '')
    sent.push(`${token} ${url.replace('/api', '')}`)
    return answers[sent.length - 1]!()
  })
  return sent
}

const view = (status: string) => async () => new Response(JSON.stringify({ status }))
const dropped = () => Promise.reject(new TypeError('Failed to fetch'))

beforeEach(() => {
  delete window.songshenEarly
  forgetSession()
  configure({ onSignedOut: () => undefined })
  vi.spyOn(Math, 'random').mockReturnValue(0)
})

it('is sent once: the first call takes the answer, the second asks again', async () => {
  keepSession(session('one'), 'zhang')
  const sent = server(view('draft'), view('submitted'))
  askEarly('/application', 'one')
  expect(await call('GET /application')).toEqual({ status: 'draft' })
  expect(await call('GET /application')).toEqual({ status: 'submitted' })
  expect(sent).toEqual(['one /application', 'one /application'])
})

it('is no answer to another call, nor for somebody else', () => {
  server(view('draft'))
  askEarly('/application', 'one')
  expect(takeEarly(`${URL}/notice`, 'one')).toBeUndefined()
  expect(takeEarly(URL, 'two')).toBeUndefined()
  expect(takeEarly(URL, 'one')).toBeDefined()
})

it('that failed is a try like any other: the call goes on as it would have', async () => {
  vi.useFakeTimers()
  keepSession(session('one'), 'zhang')
  const sent = server(dropped, view('draft'))
  askEarly('/application', 'one')
  const answer = call('GET /application')
  await vi.runAllTimersAsync()
  expect(await answer).toEqual({ status: 'draft' })
  expect(sent).toEqual(['one /application', 'one /application'])
  vi.useRealTimers()
})

it('that was refused means a new token, as ever', async () => {
  keepSession(session('one'), 'zhang')
  const renewed = async () => new Response(JSON.stringify(session('two')))
  const sent = server(async () => new Response('{}', { status: 401 }), renewed, view('draft'))
  askEarly('/application', 'one')
  expect(await call('GET /application')).toEqual({ status: 'draft' })
  expect(sent).toEqual(['one /application', 'undefined /session/refresh', 'two /application'])
})

it('is asked for anew when the answer has waited so long that its clock is wrong', async () => {
  server(view('draft'))
  const start = Date.now()
  askEarly('/application', 'one')
  await window.songshenEarly!.reply
  vi.spyOn(Date, 'now').mockReturnValue(start + 60_000)
  expect(takeEarly(URL, 'one')).toBeUndefined()
})

it('is not sent with a token about to end', () => {
  expect(lives(keepSession(session('one', 3600), 'zhang'))).toBe(true)
  expect(lives(keepSession(session('one', 30), 'zhang'))).toBe(false)
})
