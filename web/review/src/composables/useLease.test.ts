import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError, pageError, type ErrorCode } from '../../../shared/errors'
import { RENEW_EVERY, RETRY_AFTER, useLease } from './useLease'
import { ask } from './useSession'

vi.mock('./useSession', () => ({ ask: vi.fn() }))
const api = vi.mocked(ask)

const CLAIM = 'POST /reviews/{application}/claim'
const RELEASE = 'DELETE /reviews/{application}/claim'
const claim = () => ({ by: 'r', mine: true, expires_at: new Date(Date.now() + 600_000).toISOString() })
const refusal = (code: ErrorCode) => new ApiError(code, { zh: '', en: '' }, 409)
const calls = (name: string) => api.mock.calls.filter(([called]) => called === name).length

let lost: ReturnType<typeof vi.fn<(error: ApiError) => void>>
let lease: ReturnType<typeof useLease>

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T01:00:00Z') })
  api.mockReset()
  api.mockImplementation(async (name) => (name === CLAIM ? claim() : undefined) as never)
  lost = vi.fn()
  lease = useLease('demo_1', lost)
})

afterEach(() => {
  lease.drop()
  vi.useRealTimers()
})

it('never claims by itself', async () => {
  await vi.advanceTimersByTimeAsync(3 * RENEW_EVERY)
  expect(api).not.toHaveBeenCalled()
})

it('renews every five minutes and gives the lease back once', async () => {
  await lease.take()
  expect(lease.mine.value).toBe(true)
  await vi.advanceTimersByTimeAsync(3 * RENEW_EVERY)
  expect(calls(CLAIM)).toBe(4)
  expect(lease.until.value).toBe(Date.now() + 600_000)
  await lease.release()
  await lease.release()
  await vi.advanceTimersByTimeAsync(3 * RENEW_EVERY)
  expect([calls(CLAIM), calls(RELEASE)]).toEqual([4, 1])
})

it('goes on with a claim that the case came with', async () => {
  lease.hold(claim())
  lease.hold(claim())
  await vi.advanceTimersByTimeAsync(RENEW_EVERY)
  expect(calls(CLAIM)).toBe(1)
})

it.each(['claimed_by_other', 'already_decided', 'not_found'] as const)('is lost by %s, which is told once', async (code) => {
  await lease.take()
  api.mockRejectedValue(refusal(code))
  await vi.advanceTimersByTimeAsync(4 * RENEW_EVERY)
  expect(lost).toHaveBeenCalledOnce()
  expect(lost.mock.calls[0]![0].code).toBe(code)
  expect(lease.mine.value).toBe(false)
  expect(calls(CLAIM)).toBe(2)
})

it('tries again soon when the network is gone, and stays the reviewer’s', async () => {
  await lease.take()
  api.mockRejectedValue(pageError('network'))
  await vi.advanceTimersByTimeAsync(RENEW_EVERY + 2 * RETRY_AFTER)
  expect(calls(CLAIM)).toBe(4)
  expect([lease.mine.value, lease.shaky.value]).toEqual([true, true])
  api.mockImplementation(async () => claim() as never)
  await vi.advanceTimersByTimeAsync(RETRY_AFTER)
  expect([lease.mine.value, lease.shaky.value]).toEqual([true, false])
  expect(lost).not.toHaveBeenCalled()
})

it('gives back what a late renewal has claimed after the case was left', async () => {
  await lease.take()
  let answer: (value: never) => void = () => undefined
  api.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)))
  await vi.advanceTimersByTimeAsync(RENEW_EVERY)
  await lease.release()
  answer(claim() as never)
  await vi.advanceTimersByTimeAsync(0)
  expect(calls(RELEASE)).toBe(2)
  expect(lease.mine.value).toBe(false)
})

it('renews at once when the computer has slept', async () => {
  await lease.take()
  vi.setSystemTime(Date.now() + 8 * 60_000)
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(0)
  expect(calls(CLAIM)).toBe(2)
})

it('passes a refused claim on and holds nothing', async () => {
  api.mockRejectedValue(refusal('claimed_by_other'))
  await expect(lease.take()).rejects.toMatchObject({ code: 'claimed_by_other' })
  expect(lease.mine.value).toBe(false)
  await vi.advanceTimersByTimeAsync(RENEW_EVERY)
  expect(calls(CLAIM)).toBe(1)
})

it('waits with a claim until what is being given back has arrived', async () => {
  await lease.take()
  let arrived: (value: never) => void = () => undefined
  api.mockImplementationOnce(() => new Promise((resolve) => (arrived = resolve)))
  void lease.release()
  const again = useLease('demo_1', lost)
  void again.take()
  await vi.advanceTimersByTimeAsync(1000)
  expect(calls(CLAIM)).toBe(1)
  arrived(undefined as never)
  await vi.advanceTimersByTimeAsync(0)
  expect([calls(CLAIM), again.mine.value]).toEqual([2, true])
  again.drop()
})

it('gives back what was claimed for a case that was left meanwhile', async () => {
  let answer: (value: never) => void = () => undefined
  api.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)))
  void lease.take()
  await vi.advanceTimersByTimeAsync(0)
  void lease.release()
  answer(claim() as never)
  await vi.advanceTimersByTimeAsync(0)
  expect([calls(CLAIM), calls(RELEASE)]).toEqual([1, 1])
  expect(lease.mine.value).toBe(false)
})

it('claims again at once what another tab of the reviewer has given back', async () => {
  await lease.take()
  vi.useRealTimers()
  const tab = new BroadcastChannel('songshen.leases')
  tab.postMessage('demo_2')
  tab.postMessage('demo_1')
  await vi.waitFor(() => expect(calls(CLAIM)).toBe(2))
  tab.close()
})
