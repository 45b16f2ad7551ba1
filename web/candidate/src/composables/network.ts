/** Whether the device believes it has a network. */
import { ref } from 'vue'

export const online = ref(navigator.onLine !== false)
let waiting: (() => void)[] = []

function update() {
  online.value = navigator.onLine !== false
  if (!online.value) return
  waiting.forEach((resume) => resume())
  waiting = []
}
addEventListener('online', update)
addEventListener('offline', update)

/** Resolves as soon as there is a network, or when the signal is aborted. */
export function whenOnline(signal: AbortSignal): Promise<void> {
  if (online.value || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    waiting.push(resolve)
    signal.addEventListener('abort', () => resolve())
  })
}
