/**
 * The uploads of this page. Each is reserved, sent and then waits for the verdict, which one shared poll of the view
 * brings. What goes wrong ends as a `failed` job with a text; nothing is dropped silently.
 */
import { computed, markRaw, reactive, ref, watch } from 'vue'
import { call as apiCall, pause } from '../../../shared/client'
import type { Schema, Text } from '../../../shared/contract'
import { ApiError, asApiError } from '../../../shared/errors'
import type { Prepared } from '../imaging/prepare'
import { slotIn, type Slot, type View } from '../rules'
import { droppedIn, failureOf, LOCKED, LOST, type Job } from '../upload/job'
import { send as sendToStorage, SendError, type Send } from '../../../shared/send'
import { online } from './network'

type Ticket = Schema<'UploadTicket'>

interface Surroundings {
  view: () => View | null
  /** The server's clock, epoch milliseconds. */
  now: () => number
  reload: () => Promise<void>
  poll: () => void
  /** The slot is empty, whatever the view still says. */
  emptied?: (slot: string) => void
  /** Something has changed on the server that other tabs show. */
  changed?: () => void
  /** Told when an upload begins, and how it ended. */
  tell?: (event: 'started' | 'ready' | 'rejected' | 'failed', job: Job) => void
  call?: typeof apiCall
  send?: Send<Schema<'UploadTicket'>>
  wait?: (ms: number) => Promise<void>
}

// Without a network none are used up.
const TRIES = 6
const SLOWEST_TRY = 15_000
// Even if the device says that it has no network: it may be wrong.
const OFFLINE_TRY = 30_000
// A ticket that ends within this time is not worth starting with.
const TICKET_MARGIN = 10_000

export type Uploads = ReturnType<typeof createUploads>

export function createUploads(around: Surroundings) {
  const { call = apiCall, send = sendToStorage, wait = pause } = around
  const { tell = () => undefined, changed = () => undefined, emptied = () => undefined } = around
  const jobs = ref<Job[]>([])
  let lastId = 0

  /** Starts an upload into `slot`, as it was seen when the file was chosen. */
  function start(category: string, slot: Slot, image: Prepared): Job {
    const earlier = forSlot(slot.slot)
    if (earlier) drop(earlier)
    const replaces = slot.state === 'ready' ? slot.sha256 : undefined
    const job: Job = reactive({
      id: ++lastId,
      category,
      slot: slot.slot,
      fresh: (slot.state === 'empty' || slot.state === 'ready') && (earlier?.hold ?? 'none') === 'none',
      replaces,
      hold: 'none',
      reserving: null,
      touched: false,
      phase: 'reserving',
      progress: 0,
      movedAt: around.now(),
      dropped: null,
      hurry: () => undefined,
      preview: URL.createObjectURL(image.blob),
      error: null,
      retryable: false,
      image: markRaw(image),
      abandoned: false,
      abort: new AbortController(),
    })
    jobs.value.push(job)
    tell('started', job)
    void run(job)
    return job
  }

  /** Tries a failed upload again with the same image. */
  function retry(job: Job) {
    Object.assign(job, { error: null, dropped: null, progress: 0, phase: 'reserving', abort: new AbortController() })
    tell('started', job)
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
      if (job.hold !== 'none') await free(job.slot)
    } catch (failure) {
      if (job.hold === 'held' && (await isHeld(job))) {
        // Not tried again by itself when the network is back: it was meant to be given up.
        Object.assign(job, { phase: 'failed', error: asApiError(failure).text, retryable, dropped: null })
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
      await transfer(job, signal)
      if (signal.aborted) return
      job.movedAt = around.now()
      job.phase = 'checking'
      around.poll()
    } catch (error) {
      if (!signal.aborted) fail(job, failureOf(error))
    }
  }

  /** Reserves and sends, as often as it takes. Ends when the image has been sent. */
  async function transfer(job: Job, signal: AbortSignal) {
    let ticket: Ticket | null = null
    let refusals = 0
    for (let tries = 1; ; tries++) {
      try {
        if (job.touched && (await arrived(job))) return
        if (signal.aborted) return
        if (job.replaces !== undefined) {
          await around.reload()
          // Only what was seen is deleted. What another page has put there since stays: the server will say so.
          const { state, sha256 } = slotIn(around.view(), job.slot) ?? {}
          if (state === 'ready' && sha256 === job.replaces) await free(job.slot)
          job.replaces = undefined
          if (signal.aborted) return
        }
        if (!ticket || Date.parse(ticket.expires_at) - around.now() < TICKET_MARGIN) {
          job.phase = 'reserving'
          ticket = await reserve(job)
        }
        if (signal.aborted) return
        Object.assign(job, { phase: 'sending', touched: true, progress: 0, movedAt: around.now() })
        await send(ticket, job.image.blob, (progress) => Object.assign(job, { progress, movedAt: around.now() }), signal)
        return
      } catch (error) {
        if (signal.aborted) throw error
        if (error instanceof SendError && error.kind === 'refused' && ++refusals < 2) {
          // Most likely the ticket has run out. A new one that is refused too has another reason.
          ticket = null
          continue
        }
        job.dropped = droppedIn(error)
        if (!online.value) tries = 0
        if (!job.dropped || tries >= TRIES) throw error
        refusals = 0
        await rest(job, tries, signal)
      }
    }
  }

  /** Waits before the next try: for the network, or for a time that doubles. `hurry` and the signal end it. */
  async function rest(job: Job, tries: number, signal: AbortSignal) {
    job.phase = 'waiting'
    let stop = () => undefined as void
    const ended = new Promise<void>((resolve) => {
      job.hurry = resolve
      signal.addEventListener('abort', () => resolve())
      stop = watch(online, (back) => back && resolve(), { flush: 'sync' })
    })
    await Promise.race([ended, wait(online.value ? Math.min(500 * 2 ** tries, SLOWEST_TRY) : OFFLINE_TRY)])
    stop()
  }

  /** Whether an image whose answer was lost has arrived after all: then its slot is no longer reserved. */
  async function arrived(job: Job): Promise<boolean> {
    await around.reload()
    const state = slotIn(around.view(), job.slot)?.state
    return state === 'ready' || state === 'rejected'
  }

  async function reserve(job: Job): Promise<Ticket> {
    const { image, hold } = job
    if (hold === 'none') job.hold = 'perhaps'
    const answer = call('POST /uploads', {
      body: {
        category: job.category,
        content_type: image.type,
        size: image.blob.size,
        sha256: image.sha256,
        slot: job.slot,
        // The same image gets its reservation again, so a lost answer costs nothing.
        fresh: job.fresh,
      },
    })
    job.reserving = answer.catch(() => undefined)
    try {
      const ticket = await answer
      job.hold = 'held'
      changed()
      return ticket
    } catch (error) {
      const lost = error instanceof ApiError && error.code === 'slot_occupied'
      if (lost) job.hold = 'none'
      else if (!droppedIn(error)) job.hold = hold
      throw error
    }
  }

  /** Empties a slot; the view follows when it can. Raises ApiError. */
  async function free(slot: string) {
    await call('DELETE /uploads/{slot}', { path: { slot }, retry: 2 })
    emptied(slot)
    changed()
    await around.reload().catch(() => undefined)
  }

  /** Deletes the image in a slot. Raises ApiError. */
  async function remove(slot: string) {
    // The slot shows itself empty before the view has come anew: the next image may be on its way by then, and stays.
    const job = forSlot(slot)
    try {
      await free(slot)
    } catch (failure) {
      // What is in the way, a lock for instance, may not be on the page yet.
      around.reload().catch(() => undefined)
      throw failure
    }
    if (job) drop(job)
  }

  /** Reads the verdicts from a view that has just been loaded. */
  function settle(view: View) {
    for (const job of jobs.value.slice()) {
      const slot = slotIn(view, job.slot)
      const state = slot?.state
      // A failed one may have arrived all the same.
      const awaited = job.phase === 'checking' || (job.phase === 'failed' && job.touched && job.hold === 'held')
      if (!awaited || state === 'reserved') continue
      if (state === 'ready' || state === 'rejected') {
        drop(job)
        changed()
        tell(state, job)
      } else {
        job.hold = 'none'
        if (job.phase === 'checking') fail(job, lost(slot?.locked ? LOCKED : LOST, !slot?.locked))
      }
    }
  }

  function lost(error: Text, retryable: boolean) {
    return { error, retryable, dropped: null }
  }

  function fail(job: Job, why: Pick<Job, 'error' | 'retryable' | 'dropped'>) {
    Object.assign(job, { phase: 'failed', ...why })
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

  watch(online, (back) => {
    if (back) jobs.value.filter((job) => job.phase === 'failed' && job.dropped === 'network').forEach(retry)
  })

  const active = computed(() => jobs.value.filter(({ phase }) => phase !== 'failed'))
  const checking = computed(() => jobs.value.some(({ phase }) => phase === 'checking'))
  /** Closing the page would end these. */
  const unsent = computed(() => active.value.filter(({ phase }) => phase !== 'checking' && phase !== 'cancelling'))
  return { jobs, active, unsent, checking, start, retry, cancel, remove, settle, clear, forSlot }
}
