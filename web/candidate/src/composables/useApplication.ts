/** The candidate's view of the application: loaded, kept fresh, and the server's clock that comes with it. */
import { computed, inject, ref, shallowRef, watch, type InjectionKey } from 'vue'
import { call } from '../../../shared/client'
import { ApiError, asApiError } from '../../../shared/errors'
import { anyReserved, secondsCount, stageOf, type View } from '../rules'
import { online } from './network'

const FIRST_POLL = 800
const SLOWEST_POLL = 10_000
const CLOCK_TICK = 10_000

export type ApplicationState = ReturnType<typeof createApplication>

interface Listeners {
  /** A view has been loaded. */
  loaded?: (view: View) => void
  /** A call of this page has changed the application. */
  changed?: () => void
}

export function createApplication({ loaded = () => undefined, changed = () => undefined }: Listeners = {}) {
  const view = shallowRef<View | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(false)
  const now = ref(Date.now())
  /** A link ends after five minutes, but its image is on the page: another link would load it again at every poll. */
  const links = new Map<string, string>()
  let offset = 0
  // Raised by every change, so that a view asked for before it is not taken for the present one.
  let version = 0
  // Something was changed since the last view: it is asked for until it comes, whatever happens to the network.
  let stale = false
  // Raised when somebody signs out: what was on its way for them is not shown to the next.
  let life = 0
  let inFlight: Promise<void> | null = null
  let delay = FIRST_POLL
  let timer = 0
  let awaited: () => boolean = () => false
  const clock = window.setInterval(() => {
    const time = serverNow()
    if (secondsCount(view.value, time) || Math.abs(time - now.value) >= CLOCK_TICK) tick()
  }, 1000)

  /** The server's clock, epoch milliseconds; `now` is the same for showing, and ticks. */
  function serverNow(): number {
    return Date.now() + offset
  }

  function tick() {
    now.value = serverNow()
  }

  /** Takes over the view that a call which changed something has answered. */
  function accept(answer: View) {
    show(answer)
    changed()
  }

  function show(answer: View) {
    version++
    stale = false
    for (const slot of answer.categories.flatMap((category) => category.slots)) {
      if (!slot.image_url) continue
      const key = `${slot.slot} ${slot.sha256}`
      const known = links.get(key)
      if (known) slot.image_url = known
      else links.set(key, slot.image_url)
    }
    offset = Date.parse(answer.now) - Date.now()
    tick()
    view.value = answer
    error.value = null
  }

  /** Loads the view; callers at the same time share one request. Raises ApiError, which is also kept in `error`. */
  function refresh(): Promise<void> {
    if (inFlight) return inFlight
    const request = load(life).finally(() => {
      if (inFlight !== request) return
      inFlight = null
      loading.value = false
    })
    inFlight = request
    return request
  }

  async function load(mine: number) {
    loading.value = true
    try {
      for (;;) {
        const seen = version
        const answer = await call('GET /application')
        if (mine !== life) return
        // Something was changed while this was on its way: it may not show the change.
        if (seen !== version) continue
        show(answer)
        loaded(answer)
        schedule()
        return
      }
    } catch (failure) {
      if (mine !== life) throw failure
      error.value = asApiError(failure)
      schedule()
      throw failure
    }
  }

  /** Loads the view as it is from now on, after something was changed. */
  function reload(): Promise<void> {
    version++
    stale = true
    return refresh()
  }

  /** Shows a slot as empty before the server's view can say so. */
  function emptied(id: string) {
    if (!view.value) return
    const nothing = { state: 'empty' as const, image_url: null, sha256: null, problems: [], warnings: [] }
    const categories = view.value.categories.map((category) => ({
      ...category,
      slots: category.slots.map((slot) => (slot.slot === id ? { ...slot, ...nothing } : slot)),
    }))
    view.value = { ...view.value, categories }
  }

  /** Loads again and again, at growing intervals, while `wanted` or an upload's verdict is outstanding. */
  function poll(wanted?: () => boolean) {
    if (wanted) awaited = wanted
    version++
    delay = FIRST_POLL
    schedule()
  }

  function schedule() {
    clearTimeout(timer)
    if (!awaited() && !anyReserved(view.value) && !stale) {
      delay = FIRST_POLL
      return
    }
    timer = window.setTimeout(() => {
      delay = Math.min(delay * 1.5, SLOWEST_POLL)
      refresh().catch(() => undefined)
    }, delay)
  }

  /** A link to an image did not work: the next view brings another. The others stay, or all images would be loaded again. */
  function forgetLink(url: string) {
    for (const [image, link] of links) if (link === url) links.delete(image)
  }

  /** Forgets everything: somebody else may sign in next. */
  function clear() {
    life++
    inFlight = null
    loading.value = false
    clearTimeout(timer)
    stale = false
    links.clear()
    view.value = null
    error.value = null
  }

  function stop() {
    clearTimeout(timer)
    clearInterval(clock)
  }

  watch(online, (back) => {
    if (!back || !view.value) return
    delay = FIRST_POLL
    schedule()
  })

  const stage = computed(() => (view.value ? stageOf(view.value, now.value) : 'over'))
  /** Images may be uploaded and deleted. */
  const writable = computed(() => stage.value === 'open')
  /** What is there may be submitted, and an upload that died given up: it would hinder the submission. */
  const submittable = computed(() => stage.value === 'open' || stage.value === 'grace')
  return { view, error, loading, now, serverNow, stage, writable, submittable, accept, refresh, reload, emptied, poll, forgetLink, clear, stop }
}

export const applicationKey: InjectionKey<ApplicationState> = Symbol('application')

export function useApplication(): ApplicationState {
  const state = inject(applicationKey)
  if (!state) throw new Error('no application')
  return state
}
