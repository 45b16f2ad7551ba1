import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { live, LIVE_EVERY, LONGEST_WAIT } from './live'

let act: ReturnType<typeof vi.fn<() => Promise<void>>>
let busy = false
let sight: DocumentVisibilityState
let one: ReturnType<typeof live>

function look(state: DocumentVisibilityState) {
  sight = state
  document.dispatchEvent(new Event('visibilitychange'))
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T01:00:00Z') })
  sight = 'visible'
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => sight)
  busy = false
  act = vi.fn(async () => undefined)
  one = live(act, () => busy)
})
afterEach(() => {
  one.stop()
  vi.useRealTimers()
})

it('looks twice a minute at most, whatever happens to the page', async () => {
  for (let second = 0; second < 600; second++) {
    if (second % 7 === 0) look(second % 14 ? 'visible' : 'hidden')
    await vi.advanceTimersByTimeAsync(1000)
  }
  look('visible')
  await vi.advanceTimersByTimeAsync(0)
  const calls = act.mock.calls.length
  expect(calls).toBeLessThanOrEqual(20)
  expect(calls).toBeGreaterThanOrEqual(13)
})

it('is quiet out of sight, and looks at once on the way back', async () => {
  look('hidden')
  await vi.advanceTimersByTimeAsync(20 * LIVE_EVERY)
  expect(act).not.toHaveBeenCalled()
  look('visible')
  await vi.advanceTimersByTimeAsync(0)
  expect(act).toHaveBeenCalledOnce()
  look('hidden')
  look('visible')
  await vi.advanceTimersByTimeAsync(LIVE_EVERY - 1)
  expect(act).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(1)
  expect(act).toHaveBeenCalledTimes(2)
})

it('waits while the reviewer is busy', async () => {
  busy = true
  await vi.advanceTimersByTimeAsync(4 * LIVE_EVERY)
  expect(act).not.toHaveBeenCalled()
  busy = false
  await vi.advanceTimersByTimeAsync(2000)
  expect(act).toHaveBeenCalledOnce()
})

it('counts from what was done by hand', async () => {
  await vi.advanceTimersByTimeAsync(LIVE_EVERY - 1)
  one.done()
  await vi.advanceTimersByTimeAsync(LIVE_EVERY - 1)
  expect(act).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(act).toHaveBeenCalledOnce()
})

it('asks less and less often while it fails, and as before once it succeeds', async () => {
  act.mockRejectedValue(new Error('no'))
  const times: number[] = []
  for (let last = 0, second = 0; second < 1800; second++) {
    await vi.advanceTimersByTimeAsync(1000)
    if (act.mock.calls.length > last) times.push(second + 1)
    last = act.mock.calls.length
  }
  const waits = times.map((time, at) => time - (times[at - 1] ?? 0))
  expect(waits.slice(0, 6)).toEqual([30, 60, 120, 240, LONGEST_WAIT / 1000, LONGEST_WAIT / 1000])
  act.mockReset().mockResolvedValue(undefined)
  await vi.advanceTimersByTimeAsync(LONGEST_WAIT)
  act.mockClear()
  await vi.advanceTimersByTimeAsync(2 * LIVE_EVERY)
  expect(act).toHaveBeenCalledTimes(2)
})

it('never asks twice at a time', async () => {
  let answer: () => void = () => undefined
  act.mockImplementation(() => new Promise((resolve) => (answer = resolve)))
  await vi.advanceTimersByTimeAsync(10 * LIVE_EVERY)
  look('hidden')
  look('visible')
  await vi.advanceTimersByTimeAsync(10 * LIVE_EVERY)
  expect(act).toHaveBeenCalledOnce()
  answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(act).toHaveBeenCalledTimes(2)
})

it('goes on when the device’s clock is set back', async () => {
  vi.setSystemTime(new Date('2026-02-28T12:00:00Z'))
  look('visible')
  await vi.advanceTimersByTimeAsync(LIVE_EVERY)
  expect(act).toHaveBeenCalledOnce()
})

it('stops', async () => {
  one.stop()
  look('visible')
  await vi.advanceTimersByTimeAsync(10 * LIVE_EVERY)
  expect(act).not.toHaveBeenCalled()
})
