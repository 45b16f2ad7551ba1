/** What follows from the view: pure, and only for showing. The server decides. */
import type { Schema } from '../../shared/contract'

export type View = Schema<'View'>
export type Category = Schema<'CategoryView'>
export type Slot = Schema<'SlotView'>
export type Missing = Schema<'Missing'>

/** What may be done at a time: `early` nothing yet, `open` everything, `grace` what is there may be submitted, `over`. */
export type Stage = 'early' | 'open' | 'grace' | 'over'

/** `now`: the server's clock, epoch milliseconds. A returned application is open at once. */
export function stageOf(view: View, now: number): Stage {
  if (view.status === 'draft' && now < Date.parse(view.exam.windows.upload.opens)) return 'early'
  if (now < Date.parse(view.editable_until)) return 'open'
  return now < Date.parse(view.submittable_until) ? 'grace' : 'over'
}

/** Whether the slot still holds what was returned, or nothing: a new image is an answer. */
export function awaitsImage(slot: Slot): boolean {
  return !!slot.review && !slot.review.replaced
}

export function slotIn(view: View | null, id: string): Slot | undefined {
  return view?.categories.flatMap((category) => category.slots).find((slot) => slot.slot === id)
}

/** Whether an upload is on its way (or was, before a reload). */
export function anyReserved(view: View | null): boolean {
  return !!view?.categories.some((category) => category.slots.some((slot) => slot.state === 'reserved'))
}

/** The one empty slot that is offered next; `taken` are slots that an upload on this page uses. */
export function offeredSlot(category: Category, taken: ReadonlySet<string>): Slot | undefined {
  return category.slots.find((slot) => slot.state === 'empty' && !slot.locked && !taken.has(slot.slot))
}
