/** What follows from the view: pure, and only for showing. The server decides. */
import type { Schema } from '../../shared/contract'

export type View = Schema<'View'>
export type Category = Schema<'CategoryView'>
export type Slot = Schema<'SlotView'>
export type Missing = Schema<'Missing'>

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
