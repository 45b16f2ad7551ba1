/**
 * The uploads of this page. Each is prepared, reserved, sent and then waits for the verdict, which one shared poll of the
 * view brings. What goes wrong ends as a `failed` job with a text; nothing is dropped silently.
 */
import { computed, inject, reactive, ref, type InjectionKey } from 'vue'
import { call as apiCall, pause } from '../../../shared/client'
import type { Schema } from '../../../shared/contract'
import { asApiError } from '../../../shared/errors'
import { prepare as prepareImage, type Prepared } from '../imaging/prepare'
import { slotIn, type Slot, type View } from '../rules'
import { failureOf, isNetwork, LOST, type Job } from '../upload/job'
import { send as sendToStorage, SendError, type Send } from '../upload/send'
import { whenOnline } from './network'

type Ticket = Schema<'UploadTicket'>

interface Surroundings {
  view: () => View | null
  /** The server's clock, epoch milliseconds. */
  now: () => number
  reload: () => Promise<void>
  poll: () => void
  /** Told when an upload begins, and how it ended. */
  tell?: (event: 'started' | 'ready' | 'rejected' | 'failed', job: Job) => void
  call?: typeof apiCall
  send?: Send
  prepare?: (file: Blob, maxBytes: number, signal: AbortSignal) => Promise<Prepared>
  wait?: (ms: number) => Promise<void>
}

const TRIES = 6
// A ticket that ends within this time is not worth starting with.
const TICKET_MARGIN = 10_000

export type Uploads = ReturnType<typeof createUploads>

export function createUploads(around: Surroundings) {
  const { call = apiCall, send = sendToStorage, prepare = prepareImage, wait = pause, tell = () => undefined } = around
  const jobs = ref<Job[]>([])
  let lastId = 0
  // One picture is decoded at a time: two of 12 megapixels are too many for a small phone.
  let decoding: Promise<unknown> = Promise.resolve()

  /** Starts an upload into `slot`. */
  function start(category: string, slot: Slot, file: Blob): Job {
    const earlier = forSlot(slot.slot)
    if (earlier) drop(earlier)
    const job: Job = reactive({
      id: ++lastId,
      category,
      slot: slot.slot,
      named: slot.state !== 'empty' || !!earlier?.reserved,
      replaces: slot.state === 'ready',
      reserved: false,
      reserving: null,
      phase: 'preparing',
      progress: 0,
      preview: URL.createObjectURL(file),
      error: null,
      retryable: false,
      file,
      image: null,
      sentAt: 0,
      abandoned: false,
      abort: new AbortController(),
    })
    jobs.value.push(job)
    tell('started', job)
    void run(job)
    return job
  }

  /** Tries a failed upload again with the same file. */
  function retry(job: Job) {
    Object.assign(job, { error: null, progress: 0, phase: 'preparing', abort: new AbortController() })
    void run(job)
  }

  /** Gives an upload up and frees its slot. While the slot is not free the job stays, failed, and says why. */
  async function cancel(job: Job): Promise<void> {
    const retryable = job.phase !== 'failed' || job.retryable
    job.abort.abort()
    Object.assign(job, { phase: 'cancelling', error: null })
    await job.reserving
    // After a sign-out the slot of this name may be somebody else's.
    if (job.abandoned) return
    try {
      if (job.reserved) await free(job.slot)
    } catch (failure) {
      if (await isHeld(job)) {
        Object.assign(job, { phase: 'failed', error: asApiError(failure).text, retryable })
        return
      }
    }
    drop(job)
  }

  /** Whether the slot still holds the job's reservation, as far as can be known. */
  async function isHeld(job: Job): Promise<boolean> {
    try {
      await around.reload()
    } catch {
      return true
    }
    return slotIn(around.view(), job.slot)?.state === 'reserved'
  }

  async function run(job: Job) {
    // A retry has a signal of its own; what is left of the earlier try keeps the one that ended it.
    const { signal } = job.abort
    try {
      job.image ??= await inTurn(() => prepare(job.file, around.view()?.exam.image.max_bytes ?? 0, signal))
      if (signal.aborted) return
      if (job.replaces) {
        await free(job.slot)
        job.replaces = false
      }
      await transfer(job, job.image, signal)
      if (signal.aborted) return
      job.sentAt = around.now()
      job.phase = 'checking'
      around.poll()
    } catch (error) {
      if (signal.aborted) return
      fail(job, error)
    }
  }

  /** Reserves and sends, as often as it takes. Ends when the image has been sent. */
  async function transfer(job: Job, image: Prepared, signal: AbortSignal) {
    let ticket: Ticket | null = null
    let refusals = 0
    for (let tries = 1; ; tries++) {
      try {
        if (ticket && (await arrived(job))) return
        if (signal.aborted) return
        if (!ticket || Date.parse(ticket.expires_at) - around.now() < TICKET_MARGIN) {
          job.phase = 'reserving'
          ticket = await reserve(job, image)
        }
        if (signal.aborted) return
        job.phase = 'sending'
        await send(ticket, image.blob, (fraction) => (job.progress = fraction), signal)
        return
      } catch (error) {
        const refused = error instanceof SendError && error.kind === 'refused'
        // Most likely the ticket has run out; a new one that is refused too has another reason.
        if (refused) ticket = ++refusals < 2 ? null : ticket
        const dropped = error instanceof SendError ? !refused || refusals < 2 : isNetwork(error)
        if (!dropped || tries >= TRIES || signal.aborted) throw error
        job.phase = 'waiting'
        await whenOnline(signal)
        await wait(Math.min(1000 * 2 ** (tries - 1), 15_000))
      }
    }
  }

  /** Whether an image whose answer was lost has arrived after all: then its slot is no longer reserved. */
  async function arrived(job: Job): Promise<boolean> {
    await around.reload()
    const state = slotIn(around.view(), job.slot)?.state
    return state === 'ready' || state === 'rejected'
  }

  async function reserve(job: Job, image: Prepared): Promise<Ticket> {
    const answer = call('POST /uploads', {
      body: {
        category: job.category,
        content_type: image.type,
        size: image.blob.size,
        sha256: image.sha256,
        slot: job.named ? job.slot : null,
      },
      // The same image gets the same slot again, so a lost answer costs nothing.
      retry: 1,
    }).then((ticket) => {
      Object.assign(job, { slot: ticket.slot, reserved: true })
      return ticket
    })
    job.reserving = answer.catch(() => undefined)
    return answer
  }

  async function free(slot: string) {
    await call('DELETE /uploads/{slot}', { path: { slot }, retry: 2 })
    await around.reload()
  }

  /** Deletes the image in a slot. Raises ApiError. */
  async function remove(slot: string) {
    await free(slot)
    const job = forSlot(slot)
    if (job) drop(job)
  }

  /** Reads the verdicts from a view that has just been loaded. */
  function settle(view: View) {
    for (const job of jobs.value.filter(({ phase }) => phase === 'checking')) {
      const state = slotIn(view, job.slot)?.state
      if (state === 'reserved') continue
      if (state === 'ready' || state === 'rejected') {
        drop(job)
        tell(state, job)
      } else {
        job.reserved = false
        fail(job, null)
      }
    }
  }

  function fail(job: Job, error: unknown) {
    const { text, retryable } = error === null ? { text: LOST, retryable: true } : failureOf(error)
    Object.assign(job, { phase: 'failed', error: text, retryable })
    tell('failed', job)
    around.reload().catch(() => undefined)
  }

  function drop(job: Job) {
    job.abort.abort()
    URL.revokeObjectURL(job.preview)
    jobs.value = jobs.value.filter(({ id }) => id !== job.id)
  }

  /** Gives everything up without telling the server: the session has ended. */
  function clear() {
    for (const job of jobs.value.slice()) {
      job.abandoned = true
      drop(job)
    }
  }

  function forSlot(slot: string): Job | undefined {
    return jobs.value.find((job) => job.slot === slot)
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = decoding.then(work)
    decoding = turn.catch(() => undefined)
    return turn
  }

  const active = computed(() => jobs.value.filter(({ phase }) => phase !== 'failed'))
  const checking = computed(() => jobs.value.some(({ phase }) => phase === 'checking'))
  return { jobs, active, checking, start, retry, cancel, remove, settle, clear, forSlot }
}

export const uploadsKey: InjectionKey<Uploads> = Symbol('uploads')

export function useUploads(): Uploads {
  const uploads = inject(uploadsKey)
  if (!uploads) throw new Error('no uploads')
  return uploads
}
