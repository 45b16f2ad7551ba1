/** One image on its way from the phone to its slot. */
import type { Text } from '../../../shared/contract'
import { ApiError } from '../../../shared/errors'
import type { Prepared } from '../imaging/prepare'
import { SendError } from '../../../shared/send'

/** `waiting`: for the next try. `checking`: sent, the server's verdict is outstanding. `cancelling`: its slot is being freed. */
export type Phase = 'reserving' | 'sending' | 'waiting' | 'checking' | 'cancelling' | 'failed'

export interface Job {
  id: number
  category: string
  slot: string
  /** The slot was seen empty: what another page has put there since is not replaced. */
  fresh: boolean
  /** The hash of the returned image that the slot holds, which is deleted first. */
  replaces: string | null | undefined
  /** Whether the server holds the slot for it; `perhaps`: its answer was lost. */
  hold: 'none' | 'perhaps' | 'held'
  /** The reservation on its way; never rejects. */
  reserving: Promise<unknown> | null
  /** Sending has begun at least once: the image may have arrived even if no answer came. */
  touched: boolean
  phase: Phase
  /** 0 to 1. */
  progress: number
  /** When something last moved, by the server's clock, epoch milliseconds. */
  movedAt: number
  /** What `waiting` is for, or why it failed: the connection, or a server that has too much to do. */
  dropped: 'network' | 'busy' | null
  /** Ends the waiting. */
  hurry: () => void
  /** A local picture of the image. */
  preview: string
  error: Text | null
  /** Whether trying again with the same image makes sense. */
  retryable: boolean
  image: Prepared
  /** Nobody is signed in any more who could free its slot. */
  abandoned: boolean
  abort: AbortController
}

export const LOST: Text = {
  zh: '这张图片没有保存下来（检查超时，或在另一个页面被删除）。如仍需要，请点“重试”。',
  en: 'This image was not kept: checking took too long, or it was deleted on another page. If you need it, try again.',
}
export const LOCKED: Text = {
  zh: '材料已提交并锁定（可能在另一个页面），这张图片没有上传。',
  en: 'The materials have been submitted and locked, perhaps on another page. This image was not uploaded.',
}
const REFUSED: Text = {
  zh: '图片没有上传成功，请点“重试”或重新选择。',
  en: 'The image did not arrive. Try again or choose it again.',
}
const DROPPED: Text = {
  zh: '网络中断，图片没有上传成功。请检查网络后点“重试”，不必重新选择。',
  en: 'The connection was lost and the image did not arrive. Check your network, then try again; it is still chosen.',
}

/** What dropped, if the same try may succeed later; null if it was refused. */
export function droppedIn(error: unknown): Job['dropped'] {
  if (error instanceof SendError) return error.kind === 'dropped' ? 'network' : null
  if (error instanceof ApiError && error.code === 'network') return 'network'
  return error instanceof ApiError && error.passing ? 'busy' : null
}

/** Why a job failed, and whether the same image may be tried again. */
export function failureOf(error: unknown): Pick<Job, 'error' | 'retryable' | 'dropped'> {
  const dropped = droppedIn(error)
  if (dropped === 'network') return { error: DROPPED, retryable: true, dropped }
  if (error instanceof ApiError) return { error: error.text, retryable: error.passing, dropped }
  return { error: REFUSED, retryable: true, dropped }
}
