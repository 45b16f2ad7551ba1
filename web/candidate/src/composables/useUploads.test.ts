import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import type { Code, Schema } from '../../../shared/contract'
import { ApiError, pageError } from '../../../shared/errors'
import { slotIn, type View } from '../rules'
import { aPrepared, aSlot, aView } from '../testing'
import { SendError } from '../../../shared/send'
import { online } from './network'
import { createUploads, type Uploads } from './useUploads'

type Ticket = Schema<'UploadTicket'>
type Upload = Schema<'UploadRequest'>

const NOW = Date.parse('2026-03-01T08:00:00+08:00')
const MINUTE = 60_000
const PREPARED = aPrepared('ab')
const OTHER = aPrepared('cd')
const flush = () => new Promise((resolve) => setTimeout(resolve, 0))
const never = () => new Promise<void>(() => undefined)
const nothing = () => undefined

let view: View
let uploads: Uploads
let scope: EffectScope
let now: number
let calls: string[]
let told: string[]
let bodies: Upload[]
let ticketLife: number
const reserve = vi.fn<(body: Upload) => void | Promise<void>>()
const lose = vi.fn<() => void>()
const release = vi.fn<() => void>()
const reload = vi.fn<() => void>()
const send = vi.fn<(ticket: Ticket, image: Blob) => Promise<void>>()
const wait = vi.fn<(ms: number) => Promise<void>>()
const changed = vi.fn<() => void>()

const first = () => slotIn(view, 'diploma-1')!
const second = () => slotIn(view, 'diploma-2')!
const job = () => uploads.jobs.value[0]!
const begin = (slot = first(), image = PREPARED) => uploads.start('diploma', { ...slot }, image)
const refusal = (code: Code, status = 409) => new ApiError(code, { zh: code, en: code }, status)
const network = () => pageError('network')

/** A fake API with the real one's rules about slots. `lose` is between what it does and its answer. */
async function call(name: string, options: { body?: Upload; path?: { slot: string } }) {
  calls.push(name)
  if (name === 'DELETE /uploads/{slot}') {
    release()
    slotIn(view, options.path!.slot)!.state = 'empty'
    return
  }
  const body = options.body!
  bodies.push(body)
  await reserve(body)
  const slot = slotIn(view, body.slot!)!
  const others = slot.state === 'reserved' && body.fresh && slot.sha256 !== body.sha256
  if (slot.state === 'ready' || others) throw refusal('slot_occupied')
  Object.assign(slot, { state: 'reserved', sha256: body.sha256 })
  lose()
  return { slot: slot.slot, upload_id: 'u', url: '', fields: {}, expires_at: new Date(now + ticketLife).toISOString() }
}

beforeEach(() => {
  view = aView({ diploma: [aSlot('diploma-1'), aSlot('diploma-2')] })
  now = NOW
  calls = []
  told = []
  bodies = []
  ticketLife = 2 * MINUTE
  online.value = true
  for (const fake of [reserve, lose, release, reload, changed]) fake.mockReset()
  send.mockReset().mockResolvedValue(undefined)
  wait.mockReset().mockResolvedValue(undefined)
  URL.createObjectURL = () => 'blob:picture'
  URL.revokeObjectURL = nothing
  scope = effectScope()
  uploads = scope.run(() =>
    createUploads({
      view: () => view,
      now: () => now,
      reload: async () => {
        calls.push('reload')
        reload()
      },
      poll: () => void calls.push('poll'),
      changed,
      tell: (event) => void told.push(event),
      call: call as never,
      send,
      wait,
    }),
  )!
})
afterEach(() => scope.stop())

describe('an upload', () => {
  it('is reserved, sent, and done when the verdict is in the view', async () => {
    begin()
    await flush()
    expect(calls).toEqual(['POST /uploads', 'poll'])
    expect(send.mock.calls[0]![1]).toBe(PREPARED.blob)
    expect(job()).toMatchObject({ phase: 'checking', slot: 'diploma-1' })
    uploads.settle(view)
    expect(job().phase).toBe('checking')
    first().state = 'ready'
    uploads.settle(view)
    expect(uploads.jobs.value).toEqual([])
    expect(told).toEqual(['started', 'ready'])
  })

  it('goes beside others of its category, each into its own slot', async () => {
    send.mockImplementationOnce(never)
    begin()
    begin(second(), OTHER)
    await flush()
    expect(uploads.jobs.value.map(({ slot, phase }) => [slot, phase])).toEqual([
      ['diploma-1', 'sending'],
      ['diploma-2', 'checking'],
    ])
  })

  it('replaces what was not accepted', async () => {
    first().state = 'rejected'
    begin()
    await flush()
    expect(bodies).toMatchObject([{ slot: 'diploma-1', fresh: false }])
  })

  it('replaces what a page that was closed had begun', async () => {
    Object.assign(first(), { state: 'reserved', sha256: 'ff' })
    begin()
    await flush()
    expect(job()).toMatchObject({ phase: 'checking', slot: 'diploma-1' })
  })

  it('deletes a returned image before it takes its place', async () => {
    first().state = 'ready'
    begin()
    await flush()
    expect(calls.slice(0, 4)).toEqual(['reload', 'DELETE /uploads/{slot}', 'reload', 'POST /uploads'])
    expect(bodies).toMatchObject([{ slot: 'diploma-1', fresh: true }])
  })

  it('deletes only the returned image that was seen: what another page has put there since stays', async () => {
    Object.assign(first(), { state: 'ready', sha256: 'returned' })
    reload.mockImplementationOnce(() => void (first().sha256 = 'replaced elsewhere'))
    begin()
    await flush()
    expect(calls).not.toContain('DELETE /uploads/{slot}')
    expect(bodies).toMatchObject([{ slot: 'diploma-1', fresh: true }])
  })

  it('that was not accepted leaves the reason to the view, and the slot to be chosen again', async () => {
    begin()
    await flush()
    first().state = 'rejected'
    uploads.settle(view)
    expect(uploads.jobs.value).toEqual([])
    expect(told).toEqual(['started', 'rejected'])
    begin(first(), OTHER)
    await flush()
    expect(job().phase).toBe('checking')
  })

  it('is told to other tabs when its slot is taken and when its verdict is there', async () => {
    begin()
    await flush()
    expect(changed).toHaveBeenCalledTimes(1)
    first().state = 'ready'
    uploads.settle(view)
    expect(changed).toHaveBeenCalledTimes(2)
  })

  it('hinders the closing of the page until it has been sent', async () => {
    let sent = nothing
    send.mockImplementationOnce(() => new Promise((resolve) => (sent = () => void resolve())))
    begin()
    await flush()
    expect(uploads.unsent.value).toHaveLength(1)
    sent()
    await flush()
    expect(uploads.unsent.value).toEqual([])
    expect(uploads.active.value).toHaveLength(1)
  })
})

describe('a dropped connection', () => {
  it('is tried again with the same ticket', async () => {
    send.mockRejectedValueOnce(new SendError('dropped'))
    begin()
    await flush()
    expect(send).toHaveBeenCalledTimes(2)
    expect(bodies).toHaveLength(1)
    expect(job().phase).toBe('checking')
  })

  it('that lost only the answer is not sent twice', async () => {
    send.mockImplementationOnce(async () => {
      first().state = 'ready'
      throw new SendError('dropped')
    })
    begin()
    await flush()
    expect(send).toHaveBeenCalledTimes(1)
    uploads.settle(view)
    expect(told).toEqual(['started', 'ready'])
  })

  it('that lost the answer about the reservation costs no slot', async () => {
    lose.mockImplementationOnce(() => {
      throw network()
    })
    begin()
    await flush()
    expect(job()).toMatchObject({ phase: 'checking', slot: 'diploma-1' })
    expect(second().state).toBe('empty')
  })

  it('while a returned image is deleted is tried again too', async () => {
    first().state = 'ready'
    release.mockImplementationOnce(() => {
      throw network()
    })
    begin()
    await flush()
    expect(job().phase).toBe('checking')
  })

  it('asks for a new ticket when the old one has run out, and keeps the slot', async () => {
    send.mockImplementationOnce(async () => {
      now += 3 * MINUTE
      throw new SendError('dropped')
    })
    begin()
    await flush()
    expect(bodies).toHaveLength(2)
    expect(job()).toMatchObject({ slot: 'diploma-1', phase: 'checking' })
  })

  it('that outlasts the reservation reserves again, with the same image', async () => {
    send.mockImplementationOnce(async () => {
      now += 15 * MINUTE
      Object.assign(first(), { state: 'empty', sha256: null })
      throw new SendError('dropped')
    })
    begin()
    await flush()
    expect(bodies.map(({ slot, sha256 }) => [slot, sha256])).toEqual([
      ['diploma-1', 'ab'],
      ['diploma-1', 'ab'],
    ])
    expect(job().phase).toBe('checking')
  })

  it('that lasts ends as a failure that says so, and can be tried again without choosing the file anew', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    begin()
    await flush()
    expect(send).toHaveBeenCalledTimes(6)
    expect(wait.mock.calls.map(([ms]) => ms)).toEqual([1000, 2000, 4000, 8000, 15_000])
    expect(job()).toMatchObject({ phase: 'failed', retryable: true })
    expect(job().error!.zh).toContain('网络中断')
    send.mockResolvedValue(undefined)
    uploads.retry(job())
    await flush()
    expect(job().phase).toBe('checking')
    expect(told).toEqual(['started', 'failed', 'started'])
  })

  it('that comes back after the failure starts it again by itself', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    begin()
    await flush()
    send.mockResolvedValue(undefined)
    online.value = false
    await flush()
    online.value = true
    await flush()
    await flush()
    expect(job().phase).toBe('checking')
  })

  it('does not end the waiting for a try that can be hurried', async () => {
    send.mockRejectedValueOnce(new SendError('dropped'))
    wait.mockImplementation(never)
    begin()
    await flush()
    expect(job().phase).toBe('waiting')
    job().hurry()
    await flush()
    expect(job().phase).toBe('checking')
  })

  it('is not taken for a failure when the image has arrived all the same', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    begin()
    await flush()
    expect(job().phase).toBe('failed')
    first().state = 'ready'
    uploads.settle(view)
    expect(uploads.jobs.value).toEqual([])
    expect(told).toEqual(['started', 'failed', 'ready'])
  })

  it('does not send a second time what had arrived before somebody tries again', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    begin()
    await flush()
    send.mockClear().mockResolvedValue(undefined)
    first().state = 'ready'
    uploads.retry(job())
    await flush()
    uploads.settle(view)
    expect(send).not.toHaveBeenCalled()
    expect([uploads.jobs.value, second().state]).toEqual([[], 'empty'])
  })
})

describe('a device without a network', () => {
  beforeEach(() => void (online.value = false))

  it('tries all the same: it may be wrong', async () => {
    begin()
    await flush()
    expect(job().phase).toBe('checking')
  })

  it('waits for it, and goes on when it is back', async () => {
    reserve.mockImplementationOnce(() => {
      throw network()
    })
    wait.mockImplementation(never)
    begin()
    await flush()
    expect(job()).toMatchObject({ phase: 'waiting', dropped: 'network' })
    online.value = true
    await flush()
    expect(job().phase).toBe('checking')
  })

  it('does not use up tries, and tries now and then without being told that it is back', async () => {
    let tries = 0
    reserve.mockImplementation(() => {
      if (++tries <= 20) throw network()
    })
    begin()
    await flush()
    expect(wait.mock.calls.map(([ms]) => ms)).toEqual(Array(20).fill(30_000))
    expect(job().phase).toBe('checking')
  })
})

describe('a busy server', () => {
  it('is asked again, later and later, and the page says that it is not the network', async () => {
    const seen: unknown[] = []
    wait.mockImplementation(async () => void seen.push([job().phase, job().dropped]))
    reserve.mockImplementationOnce(() => {
      throw refusal('busy', 503)
    })
    begin()
    await flush()
    expect(seen).toEqual([['waiting', 'busy']])
    expect(job().phase).toBe('checking')
  })

  it('that stays so ends as a failure with its words, and can be tried again', async () => {
    reserve.mockImplementation(() => {
      throw refusal('busy', 503)
    })
    begin()
    await flush()
    expect(bodies).toHaveLength(6)
    expect(job()).toMatchObject({ phase: 'failed', retryable: true, error: { zh: 'busy' } })
  })
})

describe('a ticket that is refused', () => {
  it('is renewed unnoticed', async () => {
    send.mockRejectedValueOnce(new SendError('refused', 403))
    begin()
    await flush()
    expect(bodies).toHaveLength(2)
    expect(wait).not.toHaveBeenCalled()
    expect(job()).toMatchObject({ phase: 'checking', slot: 'diploma-1' })
  })

  it('twice is a failure', async () => {
    send.mockRejectedValue(new SendError('refused', 403))
    begin()
    await flush()
    expect(bodies).toHaveLength(2)
    expect(job()).toMatchObject({ phase: 'failed', retryable: true })
  })
})

describe('a failure', () => {
  it.each<[Code, number]>([
    ['locked', 409],
    ['window_closed', 409],
    ['category_full', 409],
    ['too_many_uploads', 429],
    ['unsupported_type', 422],
    ['too_large', 422],
  ])('shows what the server says: %s', async (code, status) => {
    reserve.mockImplementation(() => {
      throw refusal(code, status)
    })
    begin()
    await flush()
    expect(bodies).toHaveLength(1)
    expect(job()).toMatchObject({ phase: 'failed', error: { zh: code }, retryable: false, hold: 'none' })
    expect(calls).toContain('reload')
    await uploads.cancel(job())
    expect(uploads.jobs.value).toEqual([])
    expect(calls).not.toContain('DELETE /uploads/{slot}')
  })

  it('leaves another choice for the slot', async () => {
    reserve.mockImplementationOnce(() => {
      throw refusal('too_large', 422)
    })
    begin()
    await flush()
    begin(first(), OTHER)
    await flush()
    expect(uploads.jobs.value).toHaveLength(1)
    expect(job()).toMatchObject({ phase: 'checking', image: OTHER })
  })

  it('does not leave its own lost reservation in the way of another choice', async () => {
    const seen = { ...first() }
    lose.mockImplementation(() => {
      throw network()
    })
    begin(seen)
    await flush()
    expect(job()).toMatchObject({ phase: 'failed', hold: 'perhaps' })
    lose.mockReset()
    begin(seen, OTHER)
    await flush()
    expect(job()).toMatchObject({ phase: 'checking', image: OTHER })
  })

  it('is also a reservation that ended without a verdict', async () => {
    begin()
    await flush()
    first().state = 'empty'
    uploads.settle(view)
    expect(job()).toMatchObject({ phase: 'failed', hold: 'none', retryable: true })
    uploads.retry(job())
    await flush()
    expect(job().phase).toBe('checking')
  })
})

describe('another tab', () => {
  it('that was faster keeps the slot; this one says so', async () => {
    const seen = { ...first() }
    Object.assign(first(), { state: 'reserved', sha256: 'ff' })
    begin(seen)
    await flush()
    expect(job()).toMatchObject({ phase: 'failed', error: { zh: 'slot_occupied' }, retryable: false, hold: 'none' })
    await uploads.cancel(job())
    expect(first()).toMatchObject({ state: 'reserved', sha256: 'ff' })
  })

  it('that has an image in the slot by now keeps it', async () => {
    const seen = { ...first() }
    first().state = 'ready'
    begin(seen)
    await flush()
    expect(job()).toMatchObject({ phase: 'failed', error: { zh: 'slot_occupied' } })
    expect(first().state).toBe('ready')
  })

  it('that has submitted ends an upload with its reason', async () => {
    begin()
    await flush()
    Object.assign(first(), { state: 'empty', locked: true })
    uploads.settle(view)
    expect(job()).toMatchObject({ phase: 'failed', retryable: false })
    expect(job().error!.zh).toContain('锁定')
  })

  it('that has deleted the image makes deleting it here a success too', async () => {
    first().state = 'empty'
    await uploads.remove('diploma-1')
    expect(changed).toHaveBeenCalled()
  })
})

describe('deleting', () => {
  it('is done even if the view cannot be loaded afterwards', async () => {
    first().state = 'ready'
    reload.mockImplementation(() => {
      throw network()
    })
    await uploads.remove('diploma-1')
    expect(first().state).toBe('empty')
  })

  it('leaves alone what is sent into it before the view has come anew', async () => {
    Object.assign(first(), { state: 'ready', sha256: 'ab' })
    reload.mockImplementationOnce(() => void begin(first(), OTHER))
    await uploads.remove('diploma-1')
    await flush()
    expect(job()).toMatchObject({ phase: 'checking', image: OTHER })
  })

  it('that is refused says why, and looks what the state is', async () => {
    first().state = 'ready'
    release.mockImplementation(() => {
      throw refusal('locked')
    })
    await expect(uploads.remove('diploma-1')).rejects.toMatchObject({ code: 'locked' })
    expect(calls).toContain('reload')
  })
})

describe('giving up', () => {
  it('frees the slot', async () => {
    send.mockImplementation(never)
    const started = begin()
    await flush()
    await uploads.cancel(started)
    expect(uploads.jobs.value).toEqual([])
    expect(first().state).toBe('empty')
  })

  it('works while the verdict is outstanding', async () => {
    const started = begin()
    await flush()
    expect(job().phase).toBe('checking')
    await uploads.cancel(started)
    expect([uploads.jobs.value, first().state]).toEqual([[], 'empty'])
  })

  it('works without a network before anything has been reserved', async () => {
    online.value = false
    wait.mockImplementation(never)
    const offline = () => {
      throw network()
    }
    reserve.mockImplementation(offline)
    release.mockImplementation(offline)
    const started = begin()
    await flush()
    await uploads.cancel(started)
    expect(uploads.jobs.value).toEqual([])
  })

  it('keeps the upload on the page, with the reason, while its slot is not free', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    begin()
    await flush()
    release.mockImplementationOnce(() => {
      throw refusal('busy', 503)
    })
    const cancelled = uploads.cancel(job())
    expect(job().phase).toBe('cancelling')
    await cancelled
    expect(job()).toMatchObject({ phase: 'failed', error: { zh: 'busy' }, retryable: true, hold: 'held' })
    await uploads.cancel(job())
    expect(uploads.jobs.value).toEqual([])
    expect(first().state).toBe('empty')
  })

  it('can be taken back when the slot could not be freed', async () => {
    send.mockImplementationOnce(never)
    begin()
    await flush()
    release.mockImplementationOnce(() => {
      throw network()
    })
    await uploads.cancel(job())
    uploads.retry(job())
    await flush()
    expect(job()).toMatchObject({ phase: 'checking', error: null })
  })

  it('drops what the server will not free because there is nothing left to free', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    begin()
    await flush()
    release.mockImplementationOnce(() => {
      throw refusal('window_closed')
    })
    // The reservation has run out meanwhile.
    reload.mockImplementation(() => void (first().state = 'empty'))
    await uploads.cancel(job())
    expect(uploads.jobs.value).toEqual([])
  })

  it('waits for a reservation that is on its way, and frees its slot', async () => {
    let answer = nothing
    reserve.mockImplementationOnce(() => new Promise<void>((resolve) => (answer = () => void resolve())))
    begin()
    await flush()
    const cancelled = uploads.cancel(job())
    expect(uploads.active.value).toHaveLength(1)
    answer()
    await cancelled
    await flush()
    expect(send).not.toHaveBeenCalled()
    expect(first().state).toBe('empty')
    expect(uploads.jobs.value).toEqual([])
  })

  it('frees nothing for somebody who has signed out meanwhile', async () => {
    let answer = nothing
    reserve.mockImplementationOnce(() => new Promise<void>((resolve) => (answer = () => void resolve())))
    begin()
    await flush()
    const cancelled = uploads.cancel(job())
    uploads.clear()
    answer()
    await cancelled
    expect(calls).not.toContain('DELETE /uploads/{slot}')
  })

  it('while a returned image is being deleted reserves nothing', async () => {
    first().state = 'ready'
    release.mockImplementationOnce(() => queueMicrotask(() => void uploads.cancel(job())))
    begin()
    await flush()
    expect(bodies).toEqual([])
    expect(uploads.jobs.value).toEqual([])
  })

  it('leaves the slots alone when the session has ended, and goes on with nothing', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    wait.mockImplementation(never)
    begin()
    await flush()
    online.value = false
    uploads.clear()
    online.value = true
    await flush()
    expect(uploads.jobs.value).toEqual([])
    expect(send).toHaveBeenCalledTimes(1)
    expect(calls).not.toContain('DELETE /uploads/{slot}')
  })
})
