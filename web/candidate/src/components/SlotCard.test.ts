import { mount } from '@vue/test-utils'
import { beforeAll, describe, expect, it } from 'vitest'
import { pageError } from '../../../shared/errors'
import { applicationKey, createApplication } from '../composables/useApplication'
import { uploadsKey } from '../composables/uploads'
import { createUploads } from '../composables/useUploads'
import { aPrepared, aSlot, aView } from '../testing'
import { fetchLater } from '../lazily'
import type { Slot } from '../rules'
import SlotCard from './SlotCard.vue'

const MINUTE = 60_000
const END = Date.parse(aView({}).editable_until)
const OPENS = Date.parse(aView({}).exam.windows.upload.opens)

URL.createObjectURL = () => 'blob:picture'
URL.revokeObjectURL = () => undefined

/** The card of a slot in this state at this time; `failed`: an upload of this tab that has a reservation and died. */
async function card(state: 'ready' | 'reserved' | 'failed', now: number, warnings: Slot['warnings'] = []) {
  const view = aView({ other: [aSlot('other-1', { state: state === 'failed' ? 'empty' : state, warnings })] })
  view.now = new Date(now).toISOString()
  const application = createApplication()
  application.stop()
  application.accept(view)
  const uploads = createUploads({
    view: () => view,
    now: () => now,
    reload: async () => undefined,
    poll: () => undefined,
    call: (async () => ({ slot: 'other-1', fields: {}, expires_at: new Date(now + MINUTE).toISOString() })) as never,
    send: () => Promise.reject(pageError('unexpected')),
  })
  const category = view.categories[0]!
  const slotView = category.slots[0]!
  if (state === 'failed') {
    const job = uploads.start('other', slotView, aPrepared('ab'))
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(job).toMatchObject({ phase: 'failed', hold: 'held' })
  }
  const wrapper = mount(SlotCard, {
    props: { slotView, category, offered: false, first: false },
    global: { provide: { [applicationKey as symbol]: application, [uploadsKey as symbol]: uploads } },
  })
  const has = (id: string) => wrapper.find(`[data-testid="${id}"]`).exists()
  const warned = wrapper.findAll('.warning').map((warning) => warning.text())
  return { freed: has('delete-other-1') || has('cancel-upload'), chosen: has('file-other-1'), warned }
}

beforeAll(fetchLater)

describe('a slot', () => {
  it.each(['reserved', 'failed'] as const)('that is %s can be freed until the end of grace, and filled until the end', async (state) => {
    expect(await card(state, END - 1000)).toMatchObject({ freed: true, chosen: true })
    expect(await card(state, END)).toMatchObject({ freed: true, chosen: false })
    expect(await card(state, END + 10 * MINUTE - 1000)).toMatchObject({ freed: true, chosen: false })
    expect(await card(state, END + 10 * MINUTE)).toMatchObject({ freed: false, chosen: false })
    expect(await card(state, OPENS - MINUTE)).toMatchObject({ freed: false, chosen: false })
  })

  it('shows what the server found in its image', async () => {
    const text = { zh: '图片可能模糊。请点开确认。', en: 'It may be blurred. Please open it.' }
    expect((await card('ready', END - 1000, [{ code: 'blurred', text }])).warned).toEqual([text.zh])
    expect((await card('reserved', END - 1000, [{ code: 'blurred', text }])).warned).toEqual([])
  })

  it('with an image can be emptied until the end', async () => {
    expect((await card('ready', END - 1000)).freed).toBe(true)
    expect((await card('ready', END)).freed).toBe(false)
  })
})
