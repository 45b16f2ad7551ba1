/**
 * Other tabs of the page in this browser. They are told that something has changed, and nothing else: who is signed in
 * there may be somebody else. Without BroadcastChannel (Safari before 15.4) a tab looks when it is shown again.
 */

type Event = 'changed' | 'left'

// Several changes at once are one reload.
const TOGETHER = 200

export function createTabs(on: Record<Event, () => unknown>) {
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('songshen')
  let timer = 0
  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<Event>) => {
      if (data === 'left') return void on.left()
      clearTimeout(timer)
      timer = window.setTimeout(on.changed, TOGETHER)
    }
  }
  function tell(event: Event) {
    channel?.postMessage(event)
  }
  function stop() {
    clearTimeout(timer)
    channel?.close()
  }
  return { tell, stop }
}
