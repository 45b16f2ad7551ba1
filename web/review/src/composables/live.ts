/**
 * Calls `act` every `ms` while the page is in sight, and at once when it comes back into sight later than that. While
 * `busy` it waits a moment; when `act` fails, longer and longer. Never two at a time.
 */
export const LIVE_EVERY = 30_000
export const LONGEST_WAIT = 5 * 60_000
const BUSY_FOR = 2_000

export function live(act: () => Promise<void>, busy: () => boolean, ms = LIVE_EVERY) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let wait = ms
  let last = Date.now()
  let running = false
  let stopped = false

  function schedule(): void {
    clearTimeout(timer)
    // A clock that is set back must not stop it for hours.
    const passed = Math.max(0, Date.now() - last)
    if (!stopped && !running && document.visibilityState === 'visible') timer = setTimeout(run, Math.max(0, wait - passed))
  }

  async function run(): Promise<void> {
    if (busy()) {
      timer = setTimeout(run, BUSY_FOR)
      return
    }
    running = true
    last = Date.now()
    try {
      await act()
      wait = ms
    } catch {
      wait = Math.min(2 * wait, LONGEST_WAIT)
    } finally {
      running = false
      schedule()
    }
  }

  /** It was done by other means just now. */
  function done(): void {
    last = Date.now()
    wait = ms
    schedule()
  }

  function stop(): void {
    stopped = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', schedule)
  }

  document.addEventListener('visibilitychange', schedule)
  schedule()
  return { done, stop }
}
