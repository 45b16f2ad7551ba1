/** Watches how long the page's thread does not come to anything else. */

/** Starts to watch; the function returned stops and tells, in ms. */
export async function watch(): Promise<() => Promise<{ gap: number; frame: number; task: number }>> {
  let going = true
  let task = 0
  let gap = 0
  let frame = 0

  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) task = Math.max(task, entry.duration)
  })
  observer.observe({ type: 'longtask' })

  // Messages, because a timer that sets itself again waits for 4 ms at least.
  let last = performance.now()
  const channel = new MessageChannel()
  channel.port1.onmessage = () => {
    const now = performance.now()
    gap = Math.max(gap, now - last)
    last = now
    if (going) setTimeout(() => channel.port2.postMessage(null))
  }

  let shown = 0
  const tick = (now: number) => {
    if (shown) frame = Math.max(frame, now - shown)
    shown = now
    if (going) requestAnimationFrame(tick)
  }

  // What loading the page left to do is not what is to be measured.
  await new Promise((resolve) => setTimeout(resolve, 500))
  last = performance.now()
  channel.port2.postMessage(null)
  requestAnimationFrame(tick)
  return async () => {
    // Whatever came at the very end is still told.
    await new Promise((resolve) => setTimeout(resolve, 200))
    going = false
    observer.disconnect()
    channel.port1.close()
    return { gap, frame, task }
  }
}
