/** One case: what the API says about it, which image is looked at, and image links that never go stale. */
import { computed, onUnmounted, reactive, ref, shallowRef } from 'vue'
import type { Schema } from '../../../shared/contract'
import { asApiError, type ApiError } from '../../../shared/errors'
import type { Review } from '../draft'
import { slotsInOrder } from '../order'
import { every } from './every'
import { ask, siteName } from './useSession'

/** Image links live five minutes. */
export const LINKS_FRESH_FOR = 4 * 60_000
/** A link that fails right after it was made is not the link's fault. */
const NOT_AGAIN_FOR = 10_000

export type Slot = Schema<'ReviewSlot'>
export type Category = Schema<'ReviewCategory'>

let handed: Review | null = null

/** Keeps the answer of `POST /reviews/next` for the case that is about to open. */
export function handOver(review: Review): void {
  handed = review
}

/** `seen` is told of every answer, and of the one before it. */
export function useCase(application: string, seen: (review: Review, before: Review | null) => void) {
  const review = shallowRef<Review | null>(null)
  /** Why there is nothing to show. */
  const failure = shallowRef<ApiError | null>(null)
  const selected = ref('')
  const viewed = reactive(new Set<string>())
  let loadedAt = 0
  let loading: Promise<void> | null = null

  const slots = computed(() => (review.value ? slotsInOrder(review.value) : []))
  const slot = computed<Slot | null>(() => slots.value.find((s) => s.slot === selected.value) ?? null)
  const category = computed<Category | null>(
    () => review.value?.categories.find((c) => c.slots.some((s) => s.slot === selected.value)) ?? null,
  )

  function accept(answer: Review): void {
    const before = review.value
    review.value = answer
    failure.value = null
    loadedAt = Date.now()
    siteName.value = answer.candidate.site
    if (!slot.value) select(firstToLookAt(answer))
    seen(answer, before)
  }

  /** Asks again; what is selected stays selected. Never claims. Does not reject: `failure` says it. */
  function load(): Promise<void> {
    loading ??= ask('GET /reviews/{application}', { path: { application } })
      .then(accept)
      .catch((error: unknown) => {
        failure.value = asApiError(error)
      })
      .finally(() => (loading = null))
    return loading
  }

  /** An image did not load: most likely its link has run out. */
  function imageFailed(): void {
    if (Date.now() - loadedAt > NOT_AGAIN_FOR) void load()
  }

  function select(id: string): void {
    selected.value = id
    if (id) viewed.add(id)
  }

  /** The next (1) or previous (-1) slot, stopping at the ends. */
  function step(by: 1 | -1): void {
    const next = slots.value[slots.value.findIndex((s) => s.slot === selected.value) + by]
    if (next) select(next.slot)
  }

  function open(): void {
    const ready = handed?.application === application ? handed : null
    handed = null
    if (ready) accept(ready)
    else void load()
  }

  onUnmounted(every(LINKS_FRESH_FOR, () => void load()))
  return { review, failure, selected, viewed, slots, slot, category, open, load, select, step, imageFailed }
}

/** What was changed comes first when there is something changed: it is what this round is about. */
function firstToLookAt(review: Review): string {
  const slots = review.categories.flatMap((category) => category.slots)
  const found = slots.find((s) => s.changed) ?? slots.find((s) => s.state === 'ready') ?? slots[0]
  return found?.slot ?? ''
}
