/**
 * Components that the first screen does not need. They come in one file, later.ts, which is fetched ahead as soon as the
 * page has nothing else to do: by the time somebody stands in a lift, it is there.
 *
 *     const SubmitDialog = lazily('SubmitDialog')
 */
import { defineComponent, h, shallowRef, type Component } from 'vue'
import { reach } from '../../shared/request'
import LaterBox from './components/LaterBox.vue'

/** `network`: worth another try. `broken`: only opening the page anew helps. */
export type Failure = 'network' | 'broken'

export function createLater<Parts extends object>(load: () => Promise<Parts>) {
  const parts = shallowRef<Parts | null>(null)
  const failure = shallowRef<Failure | null>(null)
  let loading: Promise<void> | null = null

  /** Never rejects: `failure` says how it went. */
  function get(): Promise<void> {
    if (!parts.value) loading ??= attempt().finally(() => (loading = null))
    return loading ?? Promise.resolve()
  }

  async function attempt() {
    failure.value = null
    try {
      await fetched(load)
    } catch {
      failure.value = 'network'
      return
    }
    try {
      parts.value = await load()
    } catch (error) {
      // Thus says inline.ts of a style sheet that did not come: that is asked for again.
      failure.value = (error as Error).name === 'NetworkError' ? 'network' : 'broken'
    }
  }

  /** `quiet`: a part of the page that nobody has asked for just now. It waits until all is fetched ahead, in silence. */
  function lazily<Name extends keyof Parts>(name: Name, quiet = false): Parts[Name] {
    return defineComponent({
      inheritAttrs: false,
      setup(_, { attrs, slots }) {
        if (!quiet) void get()
        const close = () => ((attrs.onClose ?? attrs.onBack) as (() => void) | undefined)?.()
        return () => {
          if (parts.value) return h(parts.value[name] as Component, attrs, slots)
          if (quiet && !failure.value) return null
          return h(LaterBox, { failure: failure.value, inside: quiet, onRetry: get, onClose: close })
        }
      },
    }) as unknown as Parts[Name]
  }

  /** Fetches everything when the page is idle. */
  function ahead(): void {
    if ('requestIdleCallback' in window) requestIdleCallback(() => void get(), { timeout: 3000 })
    else setTimeout(() => void get(), 500)
  }

  addEventListener('online', () => failure.value === 'network' && void get())
  return { parts, lazily, ahead, get, failure }
}

/**
 * Browsers remember that a file could not be imported, and refuse it until the page is opened anew. So what is imported is
 * fetched before: that may fail any number of times, and once it has come the import finds it in the browser's cache.
 * Where the file is stands in the built function's own text; the development server needs no such care.
 */
async function fetched(load: () => Promise<unknown>): Promise<void> {
  const file = /\bimport\(\s*["'`](.+?)["'`]/.exec(String(load))?.[1]
  if (!file) return
  const { ok, status } = await reach(new URL(file, import.meta.url).href, {})
  if (!ok) throw new Error(`${file}: ${status}`)
}

export const { parts: later, lazily, ahead, get: fetchLater } = createLater(() => import('./later'))
export const { lazily: sheet } = createLater(() => import('./sheets'))
