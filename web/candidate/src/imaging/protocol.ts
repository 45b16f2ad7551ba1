/** What the page and the worker say to each other. */
import type { Edit, Made } from './studio'

/** First the file, once; then what to make of it, as often as wanted. */
export type Ask = { file: Blob } | { id: number; edit: Edit; maxBytes: number }
export type Tell = { preview: ImageBitmap } | { id: number; made: Made } | { id: number; failed: true }
/** The `id` of an answer about the file. */
export const OPENING = 0
