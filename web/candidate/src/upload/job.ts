/** One image on its way from the phone to its slot. */
import type { Text } from '../../../shared/contract'
import { ApiError } from '../../../shared/errors'
import { UnusableFile, type Prepared } from '../imaging/prepare'
import { SendError } from './send'

/** `waiting`: for the network. `checking`: sent, the server's verdict is outstanding. `cancelling`: its slot is being freed. */
export type Phase = 'preparing' | 'reserving' | 'sending' | 'waiting' | 'checking' | 'cancelling' | 'failed'

export interface Job {
  id: number
  category: string
  /** The slot it is meant for; from `reserved` on the slot that the server has given it. */
  slot: string
  /** Its slot is named to the server: it replaces what the slot holds. */
  named: boolean
  /** The slot holds a returned image, which is deleted first. */
  replaces: boolean
  reserved: boolean
  /** The reservation on its way; never rejects. */
  reserving: Promise<unknown> | null
  phase: Phase
  /** 0 to 1. */
  progress: number
  /** A local picture of the file. */
  preview: string
  error: Text | null
  /** Whether trying again with the same file makes sense. */
  retryable: boolean
  file: Blob
  image: Prepared | null
  /** When it was sent, by the server's clock, epoch milliseconds. */
  sentAt: number
  /** Nobody is signed in any more who could free its slot. */
  abandoned: boolean
  abort: AbortController
}

export const LOST: Text = {
  zh: '图片没有上传成功，请重试或重新选择。',
  en: 'The image did not arrive. Try again or choose it again.',
}
const DROPPED: Text = {
  zh: '网络中断，图片没有上传成功。请检查网络后点“重试”。',
  en: 'The connection was lost and the image did not arrive. Check your network, then try again.',
}

export function isNetwork(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'network'
}

/** Why a job failed, and whether the same file may be tried again. */
export function failureOf(error: unknown): { text: Text; retryable: boolean } {
  if (error instanceof UnusableFile) return { text: error.text, retryable: false }
  if (isNetwork(error)) return { text: DROPPED, retryable: true }
  if (error instanceof ApiError) return { text: error.text, retryable: error.passing }
  if (error instanceof SendError && error.kind === 'refused') return { text: LOST, retryable: true }
  return { text: DROPPED, retryable: true }
}
