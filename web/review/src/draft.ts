/**
 * What a reviewer has marked and written about applications and has not sent yet. It survives a reload, in this tab and
 * for this reviewer alone; nothing about the candidate is stored.
 */
import { reactive, watch } from 'vue'
import type { Schema, Text } from '../../shared/contract'
import { pick } from '../../shared/i18n'

export type Review = Schema<'Review'>

/** Left, top, right and bottom as fractions of the unturned image. */
export type Region = [number, number, number, number]

export interface Mark {
  /** Taking a mark back keeps its reason and note, so that a slip of the mouse loses nothing. */
  on: boolean
  code: string
  note: string
  /** Where on the image, if the reviewer drew a box. */
  region: Region | null
}

export interface Draft {
  /** Which round it was begun for; not there before the case was seen. */
  round?: number
  /** The return form is open. */
  returning: boolean
  marks: Record<string, Mark>
  note: string
}

/** A line as the candidate will read it; `slot` is empty when it is about all of the materials. */
export interface Line {
  slot: string
  text: Text
  /** With a box on the image. */
  boxed?: boolean
}

/** What a return without a word says; as in `messages_of` in the domain. */
export const FALLBACK: Text = {
  zh: '材料已退回，请检查后重新提交。',
  en: 'Returned. Check your materials and submit again.',
}

const PREFIX = 'songshen.drafts.'
const drafts = reactive(new Map<string, Draft>())
/** Whose drafts these are; empty while nobody is signed in, and then nothing is stored. */
let owner = ''

watch(drafts, store, { deep: true, flush: 'sync' })

/** The reviewer who has signed in: their stored drafts are taken up, those of anybody else are removed. */
export function keepDraftsFor(username: string): void {
  if (username === owner) return
  const kept = read(PREFIX + username)
  forgetAllDrafts()
  owner = username
  for (const [application, draft] of Object.entries(kept)) drafts.set(application, draft)
  store()
}

export function draftOf(application: string): Draft {
  if (!drafts.has(application)) drafts.set(application, { returning: false, marks: {}, note: '' })
  return drafts.get(application)!
}

/**
 * The case is in this round: boxes that were drawn for another one are taken away, for they are on other images. Whether
 * something is left that was entered for another round.
 */
export function turnTo(draft: Draft, round: number): boolean {
  const other = draft.round !== undefined && draft.round !== round
  if (other) for (const mark of Object.values(draft.marks)) mark.region = null
  draft.round = round
  return other && hasContent(draft)
}

export function forgetDraft(application: string): void {
  drafts.delete(application)
}

/** At sign-out: nothing is left, for whoever comes to this computer next. */
export function forgetAllDrafts(): void {
  owner = ''
  drafts.clear()
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
  } catch {
    /* nothing was stored */
  }
}

function store(): void {
  if (!owner) return
  const filled = [...drafts].filter(([, draft]) => hasContent(draft))
  try {
    if (filled.length) sessionStorage.setItem(PREFIX + owner, JSON.stringify(Object.fromEntries(filled)))
    else sessionStorage.removeItem(PREFIX + owner)
  } catch {
    /* then they live as long as the page */
  }
}

function read(key: string): Record<string, Draft> {
  try {
    return (JSON.parse(sessionStorage.getItem(key) ?? '{}') ?? {}) as Record<string, Draft>
  } catch {
    return {}
  }
}

export function hasContent(draft: Draft): boolean {
  return oneLine(draft.note) !== '' || Object.values(draft.marks).some((mark) => mark.on)
}

/** Whether there is something unsent about this application. */
export function unsent(application: string): boolean {
  const draft = drafts.get(application)
  return draft !== undefined && hasContent(draft)
}

/** Whether there is something unsent about any, but for those whose decision is on its way. */
export function anyUnsent(but: readonly string[] = []): boolean {
  return [...drafts.keys()].some((application) => !but.includes(application) && unsent(application))
}

export function mark(draft: Draft, slot: string, on: boolean): void {
  const held = draft.marks[slot]
  draft.marks[slot] = held ? { ...held, on } : { on, code: '', note: '', region: null }
  if (on) draft.returning = true
}

/** Marks the slot and says why, in one stroke; what was written and drawn for it stays. */
export function judge(draft: Draft, slot: string, code: string): void {
  mark(draft, slot, true)
  draft.marks[slot]!.code = code
}

/** The marked slots, in the order of the application. */
export function markedSlots(review: Review, draft: Draft): string[] {
  return slotsOf(review).filter((slot) => draft.marks[slot]?.on)
}

export function slotsOf(review: Review): string[] {
  return review.categories.flatMap((category) => category.slots.map((slot) => slot.slot))
}

/** What an approval would pass over: required categories without an image, by their titles. */
export function missingIn(review: Review): string[] {
  return review.categories
    .filter((category) => category.required && !category.slots.some((slot) => slot.state === 'ready'))
    .map((category) => pick(category.title))
}

/** Images that were not looked at, by their titles. */
export function unseenIn(review: Review, viewed: ReadonlySet<string>): string[] {
  return review.categories
    .flatMap((category) => category.slots)
    .filter((slot) => slot.state === 'ready' && !viewed.has(slot.slot))
    .map((slot) => pick(slot.title))
}

export interface Gaps {
  /** Marked slots without a reason. */
  reasons: string[]
  /** Nothing is marked and nothing is written: the candidate would not know why. */
  nothing: boolean
}

export function gapsOf(review: Review, draft: Draft): Gaps {
  const marked = markedSlots(review, draft)
  const known = new Set(review.reason_codes.map((reason) => reason.code))
  return {
    reasons: marked.filter((slot) => !known.has(draft.marks[slot]!.code)),
    nothing: marked.length === 0 && oneLine(draft.note) === '',
  }
}

export function returnOf(review: Review, draft: Draft): Schema<'DecisionRequest'> {
  return {
    round: review.round,
    outcome: 'return',
    note: oneLine(draft.note),
    slots: markedSlots(review, draft).map((slot) => {
      const { code, note, region } = draft.marks[slot]!
      return { slot, code, note: oneLine(note), region }
    }),
  }
}

export function approvalOf(review: Review): Schema<'DecisionRequest'> {
  return { round: review.round, outcome: 'approve', note: '', slots: [] }
}

/** What the candidate will read: the rule of `messages_of`, the reviewer's own words first, no line twice. */
export function previewOf(review: Review, draft: Draft): Line[] {
  const request = returnOf(review, draft)
  const lines: Line[] = request.note ? [{ slot: '', text: own(request.note) }] : []
  for (const { slot, code, note, region } of request.slots) {
    const text = note ? own(note) : review.reason_codes.find((reason) => reason.code === code)?.text
    if (text && !lines.some((line) => line.text.zh === text.zh && line.text.en === text.en)) lines.push({ slot, text, ...(region && { boxed: true }) })
  }
  return lines.length ? lines : [{ slot: '', text: FALLBACK }]
}

/** The contract allows no control characters: a pasted line break becomes a space. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim()
}

function own(words: string): Text {
  return { zh: words, en: words }
}
