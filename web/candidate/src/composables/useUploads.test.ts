import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Schema } from '../../../shared/contract'
import { ApiError, pageError } from '../../../shared/errors'
import { UnusableFile, type Prepared } from '../imaging/prepare'
import { slotIn, type View } from '../rules'
import { aSlot, aView } from '../testing'
import { SendError } from '../upload/send'
import { createUploads, type Uploads } from './useUploads'

type Ticket = Schema<'UploadTicket'>
type Upload = { slot: string | null; sha256: string }

const NOW = Date.parse('2026-03-01T08:00:00+08:00')
const FILE = new Blob(['x'])
const PREPARED: Prepared = {
  blob: new Blob(['jpeg']),
  type: 'image/jpeg',
  sha256: 'ab',
  width: 1500,
  height: 2000,
  originalBytes: 5_000_000,
}
const flush = () => new Promise((resolve) => setTimeout(resolve, 0))

let view: View
let uploads: Uploads
let calls: string[]
let told: string[]
let bodies: Upload[]
let ticketLife: number
const reserve = vi.fn<(body: Upload) => void | Promise<void>>()
const release = vi.fn<() => void>()
const reload = vi.fn<() => void>()
const send = vi.fn<(ticket: Ticket) => Promise<void>>()
const prepare = vi.fn<() => Promise<typeof PREPARED>>()

const first = () => slotIn(view, 'diploma-1')!
const job = () => uploads.jobs.value[0]!

/** A fake API: it reserves the named or the first empty slot, as the real one does. */
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
  const slots = view.categories[0]!.slots
  const slot = body.slot ?? slots.find(({ state, sha256 }) => state === 'reserved' && sha256 === body.sha256)?.slot
  const given = slotIn(view, slot ?? slots.find(({ state }) => state === 'empty')!.slot)!
  Object.assign(given, { state: 'reserved', sha256: body.sha256 })
  return { slot: given.slot, upload_id: 'u', url: '', fields: {}, expires_at: new Date(NOW + ticketLife).toISOString() }
}

beforeEach(() => {
  view = aView({ diploma: [aSlot('diploma-1'), aSlot('diploma-2')] })
  calls = []
  told = []
  bodies = []
  ticketLife = 120_000
  reserve.mockReset()
  release.mockReset()
  reload.mockReset()
  send.mockReset().mockResolvedValue(undefined)
  prepare.mockReset().mockResolvedValue(PREPARED)
  URL.createObjectURL = () => 'blob:picture'
  URL.revokeObjectURL = () => undefined
  uploads = createUploads({
    view: () => view,
    now: () => NOW,
    reload: async () => {
      calls.push('reload')
      reload()
    },
    poll: () => void calls.push('poll'),
    tell: (event) => void told.push(event),
    call: call as never,
    send,
    prepare,
    wait: async () => undefined,
  })
})

describe('an upload', () => {
  it('is reserved, sent, and done when the verdict is in the view', async () => {
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(calls).toEqual(['POST /uploads', 'poll'])
    expect(job()).toMatchObject({ phase: 'checking', slot: 'diploma-1' })
    uploads.settle(view)
    expect(job().phase).toBe('checking')
    first().state = 'ready'
    uploads.settle(view)
    expect(uploads.jobs.value).toEqual([])
    expect(told).toEqual(['started', 'ready'])
  })

  it('names no slot for an empty one, so that two devices do not take each other the place', async () => {
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(bodies[0]!.slot).toBeNull()
  })

  it('goes where the server says', async () => {
    const offered = first()
    offered.state = 'ready' // taken meanwhile by another device
    uploads.start('diploma', { ...offered, state: 'empty' }, FILE)
    await flush()
    expect(job().slot).toBe('diploma-2')
  })

  it('names the slot when it replaces what was not accepted', async () => {
    first().state = 'rejected'
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(bodies[0]!.slot).toBe('diploma-1')
  })

  it('deletes a returned image before it takes its place', async () => {
    first().state = 'ready'
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(calls.slice(0, 3)).toEqual(['DELETE /uploads/{slot}', 'reload', 'POST /uploads'])
    expect(bodies[0]!.slot).toBe('diploma-1')
  })

  it('that was not accepted leaves the reason to the view', async () => {
    uploads.start('diploma', first(), FILE)
    await flush()
    first().state = 'rejected'
    uploads.settle(view)
    expect(uploads.jobs.value).toEqual([])
    expect(told).toEqual(['started', 'rejected'])
  })
})

describe('a dropped connection', () => {
  it('is tried again with the same ticket', async () => {
    send.mockRejectedValueOnce(new SendError('dropped'))
    uploads.start('diploma', first(), FILE)
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
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(send).toHaveBeenCalledTimes(1)
    uploads.settle(view)
    expect(told).toEqual(['started', 'ready'])
  })

  it('asks for a new ticket when the old one has run out, and keeps the slot', async () => {
    ticketLife = 5_000
    send.mockRejectedValueOnce(new SendError('dropped'))
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(bodies).toHaveLength(2)
    expect(job()).toMatchObject({ slot: 'diploma-1', phase: 'checking' })
  })

  it('while reserving is tried again too', async () => {
    reserve.mockImplementationOnce(() => {
      throw pageError('network')
    })
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(job().phase).toBe('checking')
  })

  it('that lasts ends as a failure that says so, and can be tried again without choosing the file anew', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(job()).toMatchObject({ phase: 'failed', retryable: true })
    expect(job().error!.zh).toContain('网络中断')
    send.mockResolvedValue(undefined)
    uploads.retry(job())
    await flush()
    expect(job().phase).toBe('checking')
    expect(prepare).toHaveBeenCalledTimes(1)
  })
})

describe('a failure', () => {
  it('shows what the server says', async () => {
    const text = { zh: '材料已锁定', en: 'Locked' }
    reserve.mockImplementation(() => {
      throw new ApiError('locked', text, 409)
    })
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(job()).toMatchObject({ phase: 'failed', error: text, retryable: false })
  })

  it('shows what is wrong with the file, and uses no slot', async () => {
    const text = { zh: '这是 PDF 文件', en: 'PDF' }
    prepare.mockRejectedValue(new UnusableFile(text))
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(job()).toMatchObject({ phase: 'failed', error: text })
    expect(bodies).toEqual([])
  })

  it('is also a ticket that is refused twice', async () => {
    send.mockRejectedValue(new SendError('refused', 403))
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(bodies).toHaveLength(2)
    expect(job().phase).toBe('failed')
  })

  it('is a reservation that ended without an image', async () => {
    uploads.start('diploma', first(), FILE)
    await flush()
    first().state = 'empty'
    uploads.settle(view)
    expect(job()).toMatchObject({ phase: 'failed', reserved: false })
  })

  it('makes room for the next choice', async () => {
    prepare.mockRejectedValueOnce(new UnusableFile({ zh: '', en: '' }))
    uploads.start('diploma', first(), FILE)
    await flush()
    uploads.start('diploma', first(), FILE)
    await flush()
    expect(uploads.jobs.value).toHaveLength(1)
    expect(job().phase).toBe('checking')
  })
})

describe('giving up', () => {
  it('frees the slot', async () => {
    send.mockImplementation(() => new Promise(() => undefined))
    const started = uploads.start('diploma', first(), FILE)
    await flush()
    await uploads.cancel(started)
    expect(uploads.jobs.value).toEqual([])
    expect(first().state).toBe('empty')
  })

  it('keeps the upload on the page, with the reason, while its slot is not free', async () => {
    const text = { zh: '系统繁忙', en: 'Busy' }
    send.mockRejectedValue(new SendError('dropped'))
    uploads.start('diploma', first(), FILE)
    await flush()
    release.mockImplementationOnce(() => {
      throw new ApiError('busy', text, 503)
    })
    const cancelled = uploads.cancel(job())
    expect(job().phase).toBe('cancelling')
    await cancelled
    expect(job()).toMatchObject({ phase: 'failed', error: text, retryable: true, reserved: true })
    await uploads.cancel(job())
    expect(uploads.jobs.value).toEqual([])
    expect(first().state).toBe('empty')
  })

  it('can be taken back when the slot could not be freed', async () => {
    send.mockImplementationOnce(() => new Promise(() => undefined))
    uploads.start('diploma', first(), FILE)
    await flush()
    release.mockImplementationOnce(() => {
      throw pageError('network')
    })
    await uploads.cancel(job())
    uploads.retry(job())
    await flush()
    expect(job()).toMatchObject({ phase: 'checking', error: null })
  })

  it('drops what the server will not free because there is nothing left to free', async () => {
    send.mockRejectedValue(new SendError('dropped'))
    uploads.start('diploma', first(), FILE)
    await flush()
    release.mockImplementationOnce(() => {
      throw new ApiError('window_closed', { zh: '', en: '' }, 409)
    })
    // The reservation has run out meanwhile.
    reload.mockImplementation(() => void (first().state = 'empty'))
    await uploads.cancel(job())
    expect(uploads.jobs.value).toEqual([])
  })

  it('waits for a reservation that is on its way, and frees its slot', async () => {
    let answer = () => undefined as void
    reserve.mockImplementationOnce(() => new Promise<void>((resolve) => (answer = resolve)))
    uploads.start('diploma', first(), FILE)
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
    let answer = () => undefined as void
    reserve.mockImplementationOnce(() => new Promise<void>((resolve) => (answer = resolve)))
    uploads.start('diploma', first(), FILE)
    await flush()
    const cancelled = uploads.cancel(job())
    uploads.clear()
    answer()
    await cancelled
    expect(calls).not.toContain('DELETE /uploads/{slot}')
  })

  it('while a returned image is being deleted reserves nothing', async () => {
    first().state = 'ready'
    const started = uploads.start('diploma', first(), FILE)
    release.mockImplementationOnce(() => void uploads.cancel(started))
    await flush()
    expect(bodies).toEqual([])
    expect(uploads.jobs.value).toEqual([])
  })

  it('leaves the slots alone when the session has ended', async () => {
    send.mockImplementation(() => new Promise(() => undefined))
    uploads.start('diploma', first(), FILE)
    await flush()
    uploads.clear()
    await flush()
    expect(uploads.jobs.value).toEqual([])
    expect(calls).not.toContain('DELETE /uploads/{slot}')
  })
})
