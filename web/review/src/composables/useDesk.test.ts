import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { renewWithin } from '../../../shared/client'
import type { Schema } from '../../../shared/contract'
import { ApiError, pageError, type ErrorCode } from '../../../shared/errors'
import { anyUnsent, draftOf, forgetAllDrafts, keepDraftsFor, mark, type Review } from '../draft'
import { LINKS_FRESH_FOR } from './useCase'
import { dropAll, held, HELD_FOR, outgoing, refused, retrying, retryNow, sent } from './useDecision'
import { abandon, ahead, claim, current, decide, nothingLeft, openRefused, takeNext, turning, undo, useDesk } from './useDesk'
import { RENEW_EVERY } from './useLease'
import { message, silence } from './useMessage'
import { go, openCase } from './useRoute'
import { ask, leave, staff } from './useSession'

vi.mock('../../../shared/client', () => ({ renewWithin: vi.fn(async () => undefined) }))
vi.mock('./useSession', async () => {
  const { ref, shallowRef } = await import('vue')
  return { ask: vi.fn(), leave: vi.fn(), staff: shallowRef(null), ended: ref(false), siteName: shallowRef(null) }
})

const refusal = (code: ErrorCode) => new ApiError(code, { zh: `因为${code}。`, en: code }, 409)
const inTenMinutes = () => new Date(Date.now() + 600_000).toISOString()

/** The API as far as the desk sees it: who waits, who holds what, what was decided. */
class Api {
  waiting = ['a', 'b', 'c', 'd', 'e', 'f']
  /** Whose leases: application → reviewer. */
  claims = new Map<string, string>()
  decisions: Record<string, string> = {}
  calls: { name: string; application: string; keepalive: boolean }[] = []
  offline = false
  /** The next call of this name is refused so. */
  refusals = new Map<string, Error>()
  most = 0

  named(name: string): string[] {
    return this.calls.filter((call) => call.name.startsWith(name)).map((call) => call.application)
  }

  async answer(name: string, options: { path?: { application: string }; body?: unknown; keepalive?: boolean } = {}) {
    const application = options.path?.application ?? ''
    const called = name.replace('/reviews/{application}', '').replace('/reviews', '')
    this.calls.push({ name: called, application, keepalive: options.keepalive ?? false })
    await Promise.resolve()
    if (this.offline) throw pageError('network')
    const refused = this.refusals.get(called)
    this.refusals.delete(called)
    if (refused) throw refused
    const mine = () => [...this.claims.values()].filter((by) => by === 'me').length
    switch (called) {
      case 'POST /next': {
        const free = this.waiting.find((one) => !this.claims.has(one))
        if (mine() >= 3) throw refusal('claim_limit')
        if (!free) return undefined
        this.claims.set(free, 'me')
        this.most = Math.max(this.most, mine())
        return this.review(free)
      }
      case 'POST /claim':
        if ((this.claims.get(application) ?? 'me') !== 'me') throw refusal('claimed_by_other')
        if (!this.waiting.includes(application)) throw refusal('already_decided')
        this.claims.set(application, 'me')
        return this.review(application).claim
      case 'DELETE /claim':
        if (this.claims.get(application) === 'me') this.claims.delete(application)
        return undefined
      case 'GET ':
        return this.review(application)
      case 'POST /decision': {
        const { outcome } = options.body as { outcome: string }
        this.decisions[application] = outcome
        this.claims.delete(application)
        this.waiting = this.waiting.filter((one) => one !== application)
        return { application, round: 1, status: outcome === 'approve' ? 'approved' : 'returned', serial_number: '1' }
      }
    }
    throw new Error(name)
  }

  review(application: string): Review {
    const by = this.claims.get(application)
    const slot = (id: string) => ({
      slot: id, title: { zh: id, en: id }, state: 'ready', image_url: `/${application}/${id}?at=${Date.now()}`,
      warnings: [], sent_by_others: 0, changed: false, previous: null,
    })
    return {
      application,
      round: 1,
      status: this.waiting.includes(application) ? 'submitted' : 'returned',
      claim: by ? { by, mine: by === 'me', expires_at: inTenMinutes() } : null,
      candidate: { name: `考生${application}`, site: { zh: '济南', en: 'Jinan' } },
      categories: [{ id: 'x', required: true, slots: [slot('x-1'), slot('x-2')] }],
      history: [],
      reason_codes: [],
    } as unknown as Review
  }
}

const APPROVE: Schema<'DecisionRequest'> = { round: 1, outcome: 'approve', slots: [], note: '' }
const RETURN: Schema<'DecisionRequest'> = { round: 1, outcome: 'return', slots: [], note: '缺' }

let api: Api
let page: VueWrapper
let loaded: string[]
const tick = (ms = 0) => vi.advanceTimersByTimeAsync(ms)
const show = () => mount(defineComponent({ setup: () => (useDesk(), () => h('div')) }))
const onScreen = () => current.value?.application
const inMemory = () => ahead.map((one) => one.application)
const said = () => message.value?.text() ?? ''

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T01:00:00Z') })
  api = new Api()
  vi.mocked(ask).mockReset().mockImplementation(((name: string, options: object) => api.answer(name, options)) as never)
  vi.mocked(leave).mockReset().mockImplementation(async () => void (staff.value = null))
  loaded = []
  vi.stubGlobal('Image', class {
    set src(url: string) {
      loaded.push(url.split('?')[0]!)
    }
    async decode() {}
  })
  staff.value = { username: 'me', name: 'me' } as never
  keepDraftsFor('me')
  page = show()
})

afterEach(async () => {
  dropAll()
  go(null)
  await tick()
  page.unmount()
  silence()
  forgetAllDrafts()
  sessionStorage.clear()
  vi.useRealTimers()
})

describe('opening', () => {
  it('is claiming', async () => {
    go('c')
    await tick()
    expect(current.value!.lease.mine.value).toBe(true)
    expect(api.claims.get('c')).toBe('me')
  })

  it('shows what somebody else has, read-only and without an alarm, and can be claimed once it is free', async () => {
    api.claims.set('c', 'somebody')
    go('c')
    await tick()
    expect(current.value!.review.value!.claim!.by).toBe('somebody')
    expect(current.value!.lease.mine.value).toBe(false)
    expect([said(), inMemory()]).toEqual(['', []])
    api.claims.delete('c')
    await claim(current.value!)
    await tick()
    expect(current.value!.lease.mine.value).toBe(true)
    expect(inMemory()).toEqual(['a'])
  })

  it('says when the reviewer holds too many', async () => {
    for (const one of ['d', 'e', 'f']) api.claims.set(one, 'me')
    api.refusals.set('POST /claim', refusal('claim_limit'))
    go('c')
    await tick()
    expect(said()).toContain('claim_limit')
    expect(current.value!.lease.mine.value).toBe(false)
  })

  it('for a moment claims nothing that is not given back', async () => {
    go('c')
    go(null)
    await tick()
    expect([...api.claims]).toEqual([])
    await tick(3 * RENEW_EVERY)
    expect([...api.claims]).toEqual([])
  })
})

it('does not take a case up again by an answer that comes after it was left', async () => {
  go('c')
  await tick()
  void current.value!.load()
  go(null)
  await tick(3 * RENEW_EVERY)
  expect([...api.claims]).toEqual([])
})

describe('the next case', () => {
  it('is claimed and its images loaded, after those of the case on the screen', async () => {
    await takeNext()
    await tick()
    expect([onScreen(), inMemory()]).toEqual(['a', ['b']])
    expect(loaded).toEqual(['/a/x-1', '/a/x-2', '/b/x-1', '/b/x-2'])
  })

  it('comes after the images of a case that was opened by hand', async () => {
    go('c')
    await tick()
    expect(loaded).toEqual(['/c/x-1', '/c/x-2', '/a/x-1', '/a/x-2'])
  })

  it('is not asked for while two decided ones are still held by the reviewer', async () => {
    await takeNext()
    await tick()
    void decide(APPROVE)
    await tick()
    api.refusals.set('POST /decision', pageError('network'))
    const asked = api.named('POST /next').length
    void decide(APPROVE)
    await tick()
    expect([onScreen(), inMemory(), retrying.value.length]).toEqual(['c', [], 1])
    expect(api.named('POST /next').length).toBe(asked)
    await tick(1000)
    expect([inMemory(), api.named('POST /next').length]).toEqual([['d'], asked + 1])
  })

  it('is on the screen at once after a decision, without a call', async () => {
    await takeNext()
    await tick()
    const calls = api.calls.length
    void decide(APPROVE)
    expect(onScreen()).toBe('b')
    expect(current.value!.review.value).not.toBeNull()
    expect(api.calls.length).toBe(calls)
    await tick()
    expect(inMemory()).toEqual(['c'])
  })

  it('keeps its lease while it waits', async () => {
    await takeNext()
    await tick()
    await tick(RENEW_EVERY)
    expect(api.named('POST /claim')).toEqual(['a', 'b'])
  })

  it('goes back with the open one when the reviewer leaves for the queue', async () => {
    await takeNext()
    await tick()
    go(null)
    await tick()
    expect(api.named('DELETE /claim')).toEqual(['a', 'b'])
    expect(inMemory()).toEqual([])
    await tick(3 * RENEW_EVERY)
    expect([...api.claims]).toEqual([])
  })

  it('is given back if it comes when the reviewer has left', async () => {
    await takeNext()
    go(null)
    await tick()
    expect([...api.claims]).toEqual([])
    expect(inMemory()).toEqual([])
  })

  it('that was on its way when the reviewer left is the one they take in the queue', async () => {
    await takeNext()
    go(null)
    void takeNext()
    await tick()
    expect(onScreen()).toBeDefined()
    expect(current.value!.lease.mine.value).toBe(true)
    expect(api.claims.get(onScreen()!)).toBe('me')
  })

  it('is asked for again when a held decision has gone, after a limit or an empty queue', async () => {
    await takeNext()
    await tick()
    void decide(APPROVE)
    api.refusals.set('POST /next', refusal('claim_limit'))
    await tick()
    expect([inMemory(), said()]).toEqual([[], ''])
    await tick(HELD_FOR)
    expect([inMemory(), said()]).toEqual([['c'], ''])
  })

  it('is waited for when it is not here yet, and the decided one cannot be decided twice', async () => {
    await takeNext()
    ahead.splice(0)
    void decide(APPROVE)
    expect(turning.value).toBe(true)
    void decide(RETURN)
    expect(outgoing.length).toBe(1)
    await tick()
    expect(turning.value).toBe(false)
    expect(onScreen()).not.toBe('a')
  })

  it('is the queue when nothing waits; the decision is held there too', async () => {
    api.waiting = ['a']
    await takeNext()
    await tick()
    void decide(APPROVE)
    await tick()
    expect([openCase.value, nothingLeft.value, held.value?.application]).toEqual([null, true, 'a'])
    await tick(HELD_FOR)
    expect(api.decisions).toEqual({ a: 'approve' })
  })

  it('is replaced without a word when its lease is lost', async () => {
    await takeNext()
    await tick()
    api.claims.set('b', 'somebody')
    await tick(RENEW_EVERY)
    expect([inMemory(), said()]).toEqual([['c'], ''])
  })

  it('costs two calls a case, and never more than three claims', async () => {
    await takeNext()
    for (let n = 0; n < 6; n++) {
      await tick(20_000)
      void decide(APPROVE)
    }
    await tick(HELD_FOR)
    expect(Object.keys(api.decisions)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    expect(api.most).toBe(3)
    // The last answers say that nothing waits.
    expect(api.calls.length).toBeLessThanOrEqual(6 * 2 + 2)
  })
})

describe('a held decision', () => {
  beforeEach(async () => {
    await takeNext()
    await tick()
  })

  it('is sent after half a minute', async () => {
    void decide(RETURN)
    await tick(HELD_FOR - 1)
    expect(api.decisions).toEqual({})
    await tick(1)
    expect(api.decisions).toEqual({ a: 'return' })
    expect([sent.value!.name, outgoing.length]).toEqual(['考生a', 0])
  })

  it('is sent at the next decision', async () => {
    void decide(RETURN)
    await tick()
    void decide(APPROVE)
    await tick()
    expect(api.decisions).toEqual({ a: 'return' })
    expect(held.value!.application).toBe('b')
  })

  it('is undone: the case comes back as it was, the one on the screen is next again', async () => {
    const first = current.value!
    first.select('x-2')
    mark(first.draft, 'x-2', true)
    void decide(RETURN)
    await tick()
    expect(inMemory()).toEqual(['c'])
    expect(undo()).toBe(true)
    expect(current.value).toBe(first)
    expect([first.selected.value, first.draft.marks['x-2']!.on]).toEqual(['x-2', true])
    expect(inMemory()).toEqual(['b', 'c'])
    await tick(2 * HELD_FOR)
    expect(api.decisions).toEqual({})
    expect(api.named('DELETE /claim')).toEqual([])
    expect(undo()).toBe(false)
    void decide(APPROVE)
    expect(onScreen()).toBe('b')
  })

  it('is undone while the next case is still on its way, which then waits', async () => {
    ahead.splice(0)
    void decide(APPROVE)
    undo()
    await tick()
    expect([onScreen(), turning.value]).toEqual(['a', false])
    expect(inMemory().length).toBe(1)
    await tick(HELD_FOR)
    expect(api.decisions).toEqual({})
  })

  it('is undone by opening its case from the queue', async () => {
    void decide(APPROVE)
    go(null)
    go('a')
    await tick(HELD_FOR)
    expect([onScreen(), api.decisions]).toEqual(['a', {}])
    expect(current.value!.lease.mine.value).toBe(true)
  })

  it('forgets the draft when it was taken, not before', async () => {
    draftOf('a').note = '缺'
    void decide(RETURN)
    await tick(HELD_FOR - 1)
    expect(anyUnsent()).toBe(true)
    await tick(1)
    expect(anyUnsent()).toBe(false)
  })

  it('has a token that lasts beyond it', async () => {
    vi.mocked(renewWithin).mockClear()
    void decide(APPROVE)
    expect(vi.mocked(renewWithin).mock.calls.every(([ms]) => ms >= HELD_FOR + 60_000)).toBe(true)
    expect(renewWithin).toHaveBeenCalled()
  })

  it.each(['already_decided', 'claimed_by_other', 'stale_round', 'not_found'] as const)(
    'that is refused with %s is told until it is dealt with, and opens with everything that was entered',
    async (code) => {
      draftOf('a').note = '缺章'
      void decide(RETURN)
      api.refusals.set('POST /decision', refusal(code))
      expect(held.value!.application).toBe('a')
      await tick(HELD_FOR)
      expect(held.value).toBeNull()
      expect(refused.value.map((one) => [one.name, one.why()])).toEqual([['考生a', `因为${code}。`]])
      expect(onScreen()).toBe('b')
      await tick(10 * HELD_FOR)
      expect(refused.value.length).toBe(1)
      go('a')
      await tick()
      expect(refused.value).toEqual([])
      expect(current.value!.draft.note).toBe('缺章')
    },
  )

  it('that is refused while its case is still on the screen claims it once more when the reviewer goes on', async () => {
    go(null)
    api.waiting = ['a']
    await tick()
    go('a')
    await tick()
    draftOf('a').note = '缺章'
    api.claims.set('a', 'else')
    api.refusals.set('POST /decision', refusal('claimed_by_other'))
    void decide(RETURN)
    dispatchEvent(new Event('pagehide'))
    await tick()
    expect([onScreen(), refused.value.length, current.value!.lease.mine.value]).toEqual(['a', 1, false])
    api.claims.delete('a')
    openRefused('a')
    await tick()
    expect(refused.value).toEqual([])
    expect([current.value!.lease.mine.value, current.value!.review.value!.claim!.mine]).toEqual([true, true])
    expect(current.value!.draft.note).toBe('缺章')
  })

  it('that is refused leaves a case that may come next like any other', async () => {
    api.refusals.set('POST /decision', refusal('stale_round'))
    void decide(RETURN)
    await tick(HELD_FOR)
    for (const one of ahead.splice(0)) one.putBack()
    await tick()
    await takeNext()
    expect(onScreen()).toBe('a')
    expect([current.value!.lease.mine.value, refused.value]).toEqual([true, []])
  })

  it('that is refused is let go of', async () => {
    void decide(RETURN)
    api.refusals.set('POST /decision', refusal('stale_round'))
    await tick(HELD_FOR)
    expect(api.named('DELETE /claim')).toEqual(['a'])
  })

  it('is sent again and again while there is no connection, which shows', async () => {
    void decide(RETURN)
    api.offline = true
    await tick(HELD_FOR)
    expect(retrying.value.map((one) => one.name)).toEqual(['考生a'])
    const tries = () => api.named('POST /decision').length
    expect(tries()).toBe(1)
    await tick(1000)
    expect(tries()).toBe(2)
    await tick(1999)
    expect(tries()).toBe(2)
    await tick(1)
    expect(tries()).toBe(3)
    await tick(10 * 60_000)
    const before = tries()
    await tick(60_000)
    expect(tries() - before).toBe(2)
    api.offline = false
    dispatchEvent(new Event('online'))
    await tick()
    expect([api.decisions, retrying.value]).toEqual([{ a: 'return' }, []])
  })

  it('is sent at once when the reviewer asks for it', async () => {
    void decide(RETURN)
    api.offline = true
    await tick(HELD_FOR + 60_000)
    api.offline = false
    retryNow()
    await tick()
    expect(api.decisions).toEqual({ a: 'return' })
  })
})

describe('leaving the page', () => {
  beforeEach(async () => {
    await takeNext()
    await tick()
  })

  it('sends what is held and gives the leases back, with calls that outlive it', async () => {
    void decide(RETURN)
    await tick()
    const before = api.calls.length
    dispatchEvent(new Event('pagehide'))
    await tick()
    const left = api.calls.slice(before)
    expect(left.every((call) => call.keepalive)).toBe(true)
    expect(left.map(({ name, application }) => `${name} ${application}`).sort()).toEqual([
      'DELETE /claim b', 'DELETE /claim c', 'POST /decision a',
    ])
  })

  it('keeps the lease of what was just decided: the decision needs it', async () => {
    for (const one of ahead.splice(0)) one.putBack()
    await tick()
    const before = api.calls.length
    void decide(RETURN)
    expect(turning.value).toBe(true)
    dispatchEvent(new Event('pagehide'))
    await tick()
    const left = api.calls.slice(before).map(({ name, application }) => `${name} ${application}`)
    expect(left).toContain('POST /decision a')
    expect(left).not.toContain('DELETE /claim a')
  })

  /** The same tab with a new page: what is in memory is gone. */
  async function reload(username = 'me') {
    page.unmount()
    const { sessionStorage: kept } = globalThis
    const left = { ...kept }
    dropAll()
    go(null)
    staff.value = null
    for (const [key, value] of Object.entries(left)) kept.setItem(key, value as string)
    page = show()
    staff.value = { username, name: username } as never
    await tick()
  }

  it('writes down what got no answer; the next page sends it once more', async () => {
    void decide(RETURN)
    await tick()
    api.offline = true
    dispatchEvent(new Event('pagehide'))
    await tick()
    api.offline = false
    await reload()
    expect(api.decisions).toEqual({ a: 'return' })
    await reload()
    expect(api.named('POST /decision')).toEqual(['a', 'a'])
  })

  it('writes down nothing that the candidate is known by but the name', async () => {
    void decide(RETURN)
    dispatchEvent(new Event('pagehide'))
    const kept = JSON.parse(sessionStorage.getItem('songshen.unsent.me')!) as object[]
    expect(kept).toEqual([{ application: 'a', name: '考生a', request: RETURN }])
  })

  it('tells a refusal again on the next page, and sends it no more', async () => {
    void decide(RETURN)
    api.refusals.set('POST /decision', refusal('stale_round'))
    await tick(HELD_FOR)
    dispatchEvent(new Event('pagehide'))
    const before = api.named('POST /decision').length
    await reload()
    expect(refused.value.map((one) => [one.name, one.why()])).toEqual([['考生a', '因为stale_round。']])
    expect(api.named('POST /decision').length).toBe(before)
  })

  it('leaves nothing to somebody else', async () => {
    void decide(RETURN)
    await tick()
    api.offline = true
    dispatchEvent(new Event('pagehide'))
    await tick()
    api.offline = false
    await reload('other')
    expect(api.decisions).toEqual({})
    expect(Object.keys({ ...sessionStorage }).filter((key) => key.includes('unsent'))).toEqual([])
  })

  it('writes nothing down while a decision is only held: a copy of the tab would send it', async () => {
    void decide(RETURN)
    await tick()
    expect(Object.keys({ ...sessionStorage }).filter((key) => key.includes('unsent'))).toEqual([])
  })
})

describe('a lost lease', () => {
  it('is told, and nothing that was entered is lost', async () => {
    await takeNext()
    await tick()
    draftOf('a').note = '缺章'
    api.claims.set('a', 'somebody')
    await tick(RENEW_EVERY)
    expect(said()).toContain('claimed_by_other')
    expect(current.value!.lease.mine.value).toBe(false)
    expect(current.value!.draft.note).toBe('缺章')
  })

  it('that nobody took is claimed again without a word', async () => {
    await takeNext()
    await tick()
    api.claims.delete('a')
    await current.value!.load()
    await tick()
    expect([api.claims.get('a'), said(), current.value!.lease.mine.value]).toEqual(['me', '', true])
  })
})

it('asks for new image links only when the old ones are about to end', async () => {
  await takeNext()
  await tick()
  current.value!.refresh()
  await tick(LINKS_FRESH_FOR - 1)
  current.value!.refresh()
  await tick()
  expect(api.named('GET ')).toEqual([])
  await tick(1)
  current.value!.refresh()
  await tick()
  expect(api.named('GET ')).toEqual(['a'])
})

it('signing out for good says whose decision was not sent, and shows nothing more of it', async () => {
  await takeNext()
  await tick()
  void decide(RETURN)
  await abandon()
  expect(said()).toContain('考生a')
  expect([outgoing.length, current.value]).toEqual([0, null])
  staff.value = { username: 'other', name: 'other' } as never
  await tick(HELD_FOR)
  expect(api.decisions).toEqual({})
})
