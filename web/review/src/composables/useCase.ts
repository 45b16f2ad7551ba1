/**
 * One case: what the API says about it, its lease, which image is looked at, and image links that never go stale.
 * It lives from its claim until it is decided or put back, on the screen or not: the next one waits in memory.
 */
import { computed, reactive, ref, shallowRef } from 'vue'
import type { Schema } from '../../../shared/contract'
import { asApiError, type ApiError } from '../../../shared/errors'
import { draftOf, forgetDraft, turnTo, type Review } from '../draft'
import { slotsInOrder } from '../order'
import { arrived, linkOf } from '../pictures'
import { t } from '../texts'
import { useLease } from './useLease'
import { textOf } from './useMessage'
import { ask } from './useSession'

/** Image links live five minutes. */
export const LINKS_FRESH_FOR = 4 * 60_000
/** A link that fails right after it was made is not the link's fault. */
const NOT_AGAIN_FOR = 10_000

export type Slot = Schema<'ReviewSlot'>
export type Category = Schema<'ReviewCategory'>
export type Case = ReturnType<typeof useCase>

/** `told`: the reviewer no longer holds it, and why; it is in another round by now. */
export function useCase(
  application: string,
  told: { lost: (it: Case, why: () => string) => void; newRound: (it: Case, round: number) => void },
) {
  const review = shallowRef<Review | null>(null)
  /** Why there is nothing to show. */
  const failure = shallowRef<ApiError | null>(null)
  const selected = ref('')
  const viewed = reactive(new Set<string>())
  const lease = useLease(application, (error) => {
    told.lost(it, textOf(error))
    void load()
  })
  let loadedAt = 0
  let loading: Promise<void> | null = null
  /** Decided or put back: answers that are still on their way change nothing. */
  let over = false
  /** Kept, so that the browser keeps what it has decoded. */
  const images = new Map<string, HTMLImageElement>()

  const slots = computed(() => (review.value ? slotsInOrder(review.value) : []))
  const slot = computed<Slot | null>(() => slots.value.find((s) => s.slot === selected.value) ?? null)
  const category = computed<Category | null>(
    () => review.value?.categories.find((c) => c.slots.some((s) => s.slot === selected.value)) ?? null,
  )

  function accept(answer: Review): void {
    if (over) return
    const before = review.value
    review.value = answer
    failure.value = null
    loadedAt = Date.now()
    if (!slot.value) selected.value = firstToLookAt(answer)
    follow(answer)
    const entered = turnTo(it.draft, answer.round)
    if (entered || (before && answer.round !== before.round)) told.newRound(it, answer.round)
  }

  /** What the API says about the claim decides, whatever was believed here. */
  function follow(seen: Review): void {
    if (seen.status === 'submitted' && seen.claim?.mine) return lease.hold(seen.claim)
    if (!lease.mine.value) return
    const decided = seen.status !== 'submitted'
    lease.drop()
    // Nobody else has it, so it can be claimed again without a word.
    if (!decided && !seen.claim) return void lease.take().catch((error: unknown) => told.lost(it, textOf(error)))
    told.lost(it, () => t(decided ? 'lease_decided' : 'lease_taken'))
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

  /** Asks again if the image links are about to run out. */
  function refresh(): void {
    if (loadedAt && Date.now() - loadedAt >= LINKS_FRESH_FOR) void load()
  }

  /** An image did not load: most likely its link has run out. */
  function imageFailed(): void {
    if (Date.now() - loadedAt > NOT_AGAIN_FOR) void load()
  }

  /** Fetches and decodes its images, the first to be looked at first. */
  async function preload(): Promise<void> {
    const order = [...slots.value].sort((a, b) => Number(b.slot === selected.value) - Number(a.slot === selected.value))
    for (const url of order.flatMap((one) => [one.image_url, one.previous?.image_url])) {
      if (url && !images.has(linkOf(url))) images.set(linkOf(url), Object.assign(new Image(), { src: linkOf(url) }))
    }
    await Promise.allSettled(
      [...images].map(async ([url, image]) => {
        await image.decode()
        arrived(url, { width: image.naturalWidth, height: image.naturalHeight })
      }),
    )
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

  /** On the screen: what is selected is looked at. */
  function shown(): void {
    if (selected.value) viewed.add(selected.value)
    refresh()
  }

  /** Decided, here or elsewhere: there is nothing to give back. */
  function finish(): void {
    over = true
    images.clear()
    lease.drop()
  }

  /** Left undecided: somebody else may have it. What was entered is kept while the round may still be decided. */
  function putBack(): void {
    over = true
    images.clear()
    void lease.release()
    if (review.value && review.value.status !== 'submitted') forgetDraft(application)
  }

  const it = {
    application, draft: draftOf(application), lease, review, failure, selected, viewed, slots, slot, category,
    accept, load, refresh, imageFailed, preload, select, step, shown, finish, putBack,
  }
  return it
}

/** What was changed comes first when there is something changed: it is what this round is about. */
function firstToLookAt(review: Review): string {
  const slots = slotsInOrder(review)
  const found = slots.find((s) => s.changed) ?? slots.find((s) => s.state === 'ready') ?? slots[0]
  return found?.slot ?? ''
}
