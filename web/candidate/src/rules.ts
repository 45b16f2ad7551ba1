/** What follows from the view: pure, and only for showing. The server decides. */
import type { Schema, Text } from '../../shared/contract'
import { FINAL } from './remaining'

export type View = Schema<'View'>
export type Category = Schema<'CategoryView'>
export type Slot = Schema<'SlotView'>
export type Missing = Schema<'Missing'>

/** How near the end is: more than a day, less, less than an hour; the time of grace; over. */
export type Urgency = 'none' | 'soon' | 'last' | 'grace' | 'over'

/** What may be done at a time: `early` nothing yet, `open` everything, `grace` what is there may be submitted, `over`. */
export type Stage = 'early' | 'open' | 'grace' | 'over'

/** `now`: the server's clock, epoch milliseconds. A returned application is open at once. */
export function stageOf(view: View, now: number): Stage {
  if (view.status === 'draft' && now < Date.parse(view.exam.windows.upload.opens)) return 'early'
  if (now < Date.parse(view.editable_until)) return 'open'
  return now < Date.parse(view.submittable_until) ? 'grace' : 'over'
}

const HOUR = 3_600_000

/** Whether the candidate has something to do: the application is not with the exam site. */
export function isOpen(view: View): boolean {
  return view.status === 'draft' || view.status === 'returned'
}

/** How the deadline is told. Who has nothing to do has none, and neither has who cannot begin yet. */
export function urgencyOf(view: View, now: number): Urgency {
  const stage = isOpen(view) ? stageOf(view, now) : 'early'
  if (stage === 'early') return 'none'
  if (stage !== 'open') return stage
  const left = Date.parse(view.editable_until) - now
  if (left > 24 * HOUR) return 'none'
  return left > HOUR ? 'soon' : 'last'
}

/** Whether seconds count: from ten minutes before the end until nothing can be done any more. */
export function secondsCount(view: View | null, now: number): boolean {
  if (!view || !isOpen(view)) return false
  return now >= Date.parse(view.editable_until) - FINAL && now < Date.parse(view.submittable_until) + FINAL
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

/** A hash in groups that people can compare: `9f86d081 884c7d65 …` */
export function groups(hash: string): string {
  return hash.replace(/(.{8})(?=.)/g, '$1 ')
}

/** The one empty slot that is offered next; `taken` are slots that an upload on this page uses. */
export function offeredSlot(category: Category, taken: ReadonlySet<string>): Slot | undefined {
  return category.slots.find((slot) => slot.state === 'empty' && !slot.locked && !taken.has(slot.slot))
}

/**
 * What a line of the checklist is about. `rejected`: the last upload failed the checks; `returned`: still the image that
 * was sent back; `removed`: that one was deleted and nothing demands another.
 */
export type ItemState = 'done' | 'missing' | 'rejected' | 'uploading' | 'returned' | 'replaced' | 'removed'

export interface Item {
  /** The slot that was returned, else the category. */
  id: string
  category: Category
  slot: Slot | undefined
  state: ItemState
  /** How many images are there. */
  images: number
}

/**
 * What the application needs, in the order of the page: each slot that was returned, and each required category that may
 * be changed. `busy`: slots and categories that an upload on this page is for. What is missing is what the server says.
 */
export function checklist(view: View, busy: ReadonlySet<string>): Item[] {
  const lacks = (category: string, slot = '') =>
    view.missing.some((item) => item.category === category && (item.slot ?? '') === slot)
  const uploading = (slot: Slot) => slot.state === 'reserved' || busy.has(slot.slot)

  return view.categories.flatMap((category): Item[] => {
    const item = (state: ItemState, slot?: Slot): Item => {
      const images = category.slots.filter((one) => one.state === 'ready').length
      return { id: slot?.slot ?? category.id, category, slot, state, images }
    }
    const returned = category.slots.filter((slot) => slot.review)
    const items = returned.map((slot): Item => {
      if (uploading(slot)) return item('uploading', slot)
      if (slot.state === 'rejected') return item('rejected', slot)
      if (slot.state === 'ready') return item(awaitsImage(slot) ? 'returned' : 'replaced', slot)
      return item(lacks(category.id) || lacks(category.id, slot.slot) ? 'missing' : 'removed', slot)
    })
    const lacking = lacks(category.id)
    if (items.length || !category.required) return items
    if (!lacking && category.slots.every((slot) => slot.locked)) return []
    if (busy.has(category.id) || category.slots.some(uploading)) return [item('uploading')]
    if (!lacking) return [item('done')]
    return [item(category.slots.some((slot) => slot.state === 'rejected') ? 'rejected' : 'missing')]
  })
}

/** How many images are there and cannot be changed. */
export function lockedImages(view: View): number {
  return view.categories.flatMap((category) => category.slots).filter((slot) => slot.locked && slot.state === 'ready').length
}

/** Where a box (left, top, right, bottom as fractions) is, in words: what spans an image says nothing about that side. */
export function whereabouts([left, top, right, bottom]: readonly [number, number, number, number]): Text {
  const third = (from: number, to: number) => (to - from > 0.7 ? 1 : Math.min(2, Math.floor(((from + to) / 2) * 3)))
  return PLACES[third(top, bottom)]![third(left, right)]!
}

const place = (zh: string, en: string): Text => ({ zh, en })
const PLACES = [
  [place('左上', 'top left'), place('上方', 'top'), place('右上', 'top right')],
  [place('左侧', 'left'), place('中间', 'middle'), place('右侧', 'right')],
  [place('左下', 'bottom left'), place('下方', 'bottom'), place('右下', 'bottom right')],
]
