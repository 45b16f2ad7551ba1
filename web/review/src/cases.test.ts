import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../../shared/errors'
import AreaExtensionDialog from './AreaExtensionDialog.vue'
import CasesPage from './CasesPage.vue'
import { anyUnsaid, areas, found, look, search, site, type Case } from './composables/useCases'
import { message, silence } from './composables/useMessage'
import { leave, staff } from './composables/useSession'
import ExtendDialog from './ExtendDialog.vue'
import ReopenDialog from './ReopenDialog.vue'
import { components } from './testing'
import { fieldOf, hear, momentOf } from './time'

const client = vi.hoisted(() => ({ call: vi.fn(), configure: vi.fn(), signIn: vi.fn(), signOut: vi.fn(async () => undefined) }))
vi.mock('../../shared/client', () => client)

const both = (text: string) => ({ zh: text, en: text })
const slot = (id: string) => ({ slot: id, title: both(id), state: 'ready' })
const AREA = { id: '37', name: both('山东'), sites: [{ id: '370100', name: both('济南') }], extension: null, upload: null }

function aCase(changes: object = {}): Case {
  return {
    now: '2026-03-01T09:00:00+08:00',
    time_zone: 'Asia/Shanghai',
    application: 'demo_1',
    candidate: { name: '孙样例', registration_no: '1', id_number: '370***03', phone: '139****0003', address: '', area: both('山东'), site: both('济南') },
    status: 'approved',
    round: 2,
    serial_number: '0007',
    withdrawn_serial_numbers: [],
    end: { at: '2026-03-10T18:00:00+08:00', source: 'upload' },
    categories: [{ id: 'x', title: both('x'), required: true, slots: [slot('x-1'), slot('x-2'), slot('x-3')] }],
    history: [],
    viewings: [],
    reason_codes: [{ code: 'illegible', text: both('无法辨别'), notes: [] }],
    ...changes,
  } as never
}

const refusal = (status: number, problem: object) => new ApiError((problem as { code: 'bad_request' }).code, both('不行'), status, problem)
const item = (n: number) => ({ application: `demo_${n}`, registration_no: `${n}`, name: '孙样例', area: both(''), site: { id: '370100', name: both('') }, status: 'draft', round: 1, since: null })
const page = (items: object[], next_cursor: string | null) => ({ time_zone: 'Asia/Shanghai', items, next_cursor })

let shown: VueWrapper
const options = { attachTo: document.body, global: { components } }
const at = (id: string) => shown.get(`[data-testid="${id}"]`)
const type = (id: string, text: string) => at(id).setValue(text)
async function send() {
  await shown.get('form').trigger('submit')
  await flushPromises()
}
/** What was asked of the API: the call and its body. */
const asked = () => client.call.mock.calls.map(([name, { body }]) => [name, body])

beforeEach(() => {
  vi.clearAllMocks()
  client.call.mockReset()
  hear({ now: '2026-03-01T09:00:00+08:00', time_zone: 'Asia/Shanghai' })
  staff.value = { username: 'u', name: 'u', role: 'admin', exam: 'demo' }
  areas.value = [AREA] as never
  location.hash = '#/cases'
})

afterEach(async () => {
  shown?.unmount()
  await leave()
  silence()
})

describe('times in fields', () => {
  it.each([
    ['Asia/Shanghai', '2026-03-10T18:00', '2026-03-10T10:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29T01:30', '2026-03-29T00:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29T03:30', '2026-03-29T01:30:00.000Z'],
    ['America/New_York', '2026-11-01T12:00', '2026-11-01T17:00:00.000Z'],
  ])('are of the exam’s zone: %s, %s', (time_zone, field, moment) => {
    hear({ time_zone })
    expect([momentOf(field), fieldOf(moment)]).toEqual([moment, field])
  })

  it.each(['', 'x', '2026-03-10T'])('are none until they are whole: “%s”', (field) => {
    expect(momentOf(field)).toBe('')
  })
})

describe('looking for somebody', () => {
  it('goes on through requests that have found nothing, and then from where it has stopped', async () => {
    search.value = ' 2026 '
    client.call.mockResolvedValueOnce(page([], 'a')).mockResolvedValueOnce(page([item(1)], 'b')).mockResolvedValueOnce(page([item(2)], null))
    await look()
    expect(found.value).toMatchObject({ of: '2026', items: [{ registration_no: '1' }], cursor: 'b' })
    search.value = 'something else, not looked for yet'
    await look(true)
    expect(found.value).toMatchObject({ items: [{ registration_no: '1' }, { registration_no: '2' }], cursor: null })
    expect(client.call.mock.calls.map(([, { query }]) => query)).toEqual([
      { search: '2026' },
      { search: '2026', cursor: 'a' },
      { search: '2026', cursor: 'b' },
    ])
  })

  it('is the last search, whichever answer comes last', async () => {
    let late!: (answer: object) => void
    client.call.mockReturnValueOnce(new Promise((resolve) => (late = resolve))).mockResolvedValueOnce(page([item(2)], null))
    search.value = '1'
    const first = look()
    search.value = '2'
    await look()
    late(page([item(1)], null))
    await first
    expect(found.value).toMatchObject({ of: '2', items: [{ registration_no: '2' }] })
  })

  it('needs a site for a name, and keeps what was found when a request fails', async () => {
    shown = mount(CasesPage, options)
    await type('cases-search', '孙')
    await send()
    expect(document.activeElement!.id).toBe('cases-site')
    expect(asked()).toEqual([])
    await type('cases-site', '370100')
    client.call.mockResolvedValueOnce(page([item(1)], 'next'))
    await send()
    expect(shown.findAll('tbody tr').length).toBe(1)
    client.call.mockRejectedValueOnce(refusal(503, { code: 'busy' }))
    await at('cases-more').trigger('click')
    await flushPromises()
    expect([shown.findAll('tbody tr').length, message.value?.kind]).toEqual([1, 'error'])
  })

  it('leaves nothing behind for who comes next', async () => {
    search.value = '孙'
    site.value = '370100'
    await leave()
    expect([search.value, site.value, areas.value]).toEqual(['', '', []])
  })
})

describe('more time', () => {
  beforeEach(() => (shown = mount(ExtendDialog, { ...options, props: { found: aCase({ status: 'returned' }) } })))

  it('is never less, and has a reason: the field that is wrong has the focus', async () => {
    for (const [until, reason, field] of [['', '住院', 'until'], ['2026-03-10T18:00', '住院', 'until'], ['2026-03-10T18:01', ' ', 'reason']]) {
      await type('extend-until', until!)
      await type('extend-reason', reason!)
      await send()
      expect(document.activeElement!.id).toBe(`extend-${field}`)
    }
    expect(asked()).toEqual([])
  })

  it('is asked for in UTC; midnight is said as the end of a day', async () => {
    await type('extend-until', '2026-03-12T00:00')
    await type('extend-reason', ' 住院 ')
    expect(shown.text()).toContain('2026/3/11 24:00')
    client.call.mockResolvedValueOnce(aCase())
    await send()
    expect(asked()).toEqual([['POST /applications/{application}/extension', { until: '2026-03-11T16:00:00.000Z', reason: '住院' }]])
    expect(shown.emitted('done')).toHaveLength(1)
  })

  it('leads a time that is too late to its field', async () => {
    await type('extend-until', '2096-03-12T00:00')
    await type('extend-reason', '住院')
    client.call.mockRejectedValueOnce(refusal(422, { code: 'too_late' }))
    await send()
    expect([document.activeElement!.id, at('extend-wrong').text()]).toEqual(['extend-until', '不行'])
  })

  it('leads a refusal to its field, and keeps what was written even when the dialog is closed', async () => {
    await type('extend-until', '2026-03-12T00:00')
    await type('extend-reason', '住院')
    client.call.mockRejectedValueOnce(refusal(422, { code: 'not_later' }))
    await send()
    expect([document.activeElement!.id, at('extend-wrong').text()]).toEqual(['extend-until', '不行'])
    client.call.mockRejectedValueOnce(refusal(409, { code: 'already_decided' }))
    await send()
    expect(at('extend-refused').text()).toContain('不行')
    shown.unmount()
    expect(anyUnsaid()).toBe(true)
    shown = mount(ExtendDialog, { ...options, props: { found: aCase() } })
    expect((at('extend-reason').element as HTMLInputElement).value).toBe('住院')
  })

  it('waits for whoever has to sign in again, and asks again', async () => {
    await type('extend-until', '2026-03-12T00:00')
    await type('extend-reason', '住院')
    client.call.mockRejectedValueOnce(new ApiError('signed_out', both(''), 401))
    await send()
    expect([shown.emitted('done'), (at('extend-reason').element as HTMLInputElement).value]).toEqual([undefined, '住院'])
  })
})

describe('an approval taken back', () => {
  beforeEach(() => (shown = mount(ReopenDialog, { ...options, props: { found: aCase() } })))
  const choose = (id: string) => at(`reopen-${id}`).setValue(true)

  it('says which number is lost, and asks for a reason for each image that is chosen', async () => {
    expect(shown.text()).toContain('0007')
    await send()
    expect(document.activeElement!.id).toBe('reopen-reason')
    await type('reopen-reason', '不符')
    await choose('x-2')
    await send()
    expect(document.activeElement!.id).toBe('reopen-code-x-2')
    expect(asked()).toEqual([])
    await type('reopen-code-x-2', 'illegible')
    client.call.mockResolvedValueOnce(aCase({ status: 'returned' }))
    await send()
    const slots = [{ slot: 'x-2', code: 'illegible', note: '' }]
    expect(asked()).toEqual([['POST /applications/{application}/reopen', { round: 2, reason: '不符', slots }]])
    expect(shown.emitted('done')).toHaveLength(1)
  })

  it('leads a refusal to the chosen image that it is about', async () => {
    await type('reopen-reason', '不符')
    for (const id of ['x-3', 'x-1']) {
      await choose(id)
      await type(`reopen-code-${id}`, 'illegible')
    }
    client.call.mockRejectedValueOnce(refusal(400, { code: 'bad_request', field: 'slots[1].note' }))
    await send()
    expect([document.activeElement!.id, at('reopen-wrong').text()]).toEqual(['reopen-note-x-3', '不行'])
  })

  it.each(['stale_round', 'not_approved'])('offers to read the case again at %s', async (code) => {
    await type('reopen-reason', '不符')
    client.call.mockRejectedValueOnce(refusal(409, { code }))
    await send()
    await at('reopen-again').trigger('click')
    expect(shown.emitted('again')).toHaveLength(1)
    expect(anyUnsaid()).toBe(true)
  })
})

describe('more time for an area', () => {
  beforeEach(() => (shown = mount(AreaExtensionDialog, options)))
  const call = 'POST /exams/{exam}/extension'
  const trials = () => client.call.mock.calls.filter(([name]) => name === call).map(([, { query }]) => query.dry_run)
  const verdict = (changes: object = {}) => ({ saved: false, version: 2, problems: [], effects: [{ path: 'areas[0].extension.announcement', code: 'announcement', text: { zh: '公告', en: 'news' } }], sites: [], ...changes })
  async function written() {
    await type('area-area', '37')
    await type('area-until', '2026-03-12T00:00')
    await type('area-reason', '断网')
  }

  it('is tried first, in both languages, and again when something was changed', async () => {
    await send()
    expect(document.activeElement!.id).toBe('area-area')
    await written()
    client.call.mockResolvedValue(verdict())
    await send()
    expect(at('area-effects').findAll('p').map((one) => one.text())).toEqual(['公告', 'news'])
    await type('area-reason', '断网两小时')
    expect(shown.find('[data-testid="area-effects"]').exists()).toBe(false)
    await send()
    expect([trials(), shown.emitted('close')]).toEqual([['true', 'true'], undefined])
    client.call.mockImplementation(async (name) => (name === call ? verdict({ saved: true }) : { document: { areas: [AREA] } }))
    await send()
    expect([trials(), shown.emitted('close')]).toEqual([['true', 'true', 'false'], [[]]])
    expect(anyUnsaid()).toBe(false)
  })

  it.each([
    ['a trial', () => client.call.mockResolvedValueOnce(verdict({ problems: [{ path: 'areas[0].extension.until', code: 'not_later', text: both('更晚') }] }))],
    ['a refusal', () => client.call.mockRejectedValueOnce(refusal(422, { code: 'invalid_exam', problems: [{ path: 'areas[0].extension.until', code: 'not_later', text: both('更晚') }] }))],
  ])('leads what is wrong in %s to its field', async (_, answered) => {
    await written()
    answered()
    await send()
    expect([document.activeElement!.id, at('area-wrong').text()]).toEqual(['area-until', '更晚'])
  })
})
