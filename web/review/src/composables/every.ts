/**
 * Calls `act` every `ms`, and at once when the page comes back into sight later than that: browsers slow the timers of
 * hidden pages down, and a computer that sleeps has none. Returns what stops it.
 */
export function every(ms: number, act: () => void): () => void {
  let last = Date.now()
  const run = () => {
    last = Date.now()
    act()
  }
  const seen = () => {
    if (document.visibilityState === 'visible' && Date.now() - last >= ms) run()
  }
  const timer = setInterval(run, ms)
  document.addEventListener('visibilitychange', seen)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', seen)
  }
}
