import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick, reactive } from 'vue'
import { message, silence } from './composables/useMessage'
import DecisionPanel from './DecisionPanel.vue'
import { draftOf, forgetAllDrafts, hasContent, type Draft, type Review } from './draft'
import { keepFocus } from './focus'
import { listenToKeys } from './keys'

const text = (zh: string) => ({ zh, en: zh })
const slot = (id: string) => ({ slot: id, title: text(id), state: 'ready' })
const REVIEW = {
  application: 'a',
  round: 1,
  sms: '【送审】材料已退回。',
  candidate: { name: '赵样例', registration_no: '1' },
  categories: [{ id: 'x', title: text('证件'), required: true, slots: [slot('x-1'), slot('x-2')] }],
  reason_codes: [
    { code: 'illegible', text: text('无法辨别'), notes: ['编号看不清。', '姓名看不清。'] },
    { code: 'no_stamp', text: text('缺章'), notes: [] },
  ],
} as unknown as Review

// The kit's components as plain ones: what they do is not tested here.
const input = {
  props: ['modelValue', 'id'],
  template: '<input :id="id" :value="modelValue" @input="$emit(\'update:modelValue\', $event.target.value)">',
}
const stubs = {
  'el-button': { template: '<button type="button"><slot /></button>' },
  'el-input': input,
  'el-checkbox': { template: '<span><slot /></span>' },
  'el-radio-group': { template: '<div><slot /></div>' },
  'el-radio': { template: '<span><slot /></span>' },
}

let draft: Draft
let panel: VueWrapper
let viewed: Set<string>
let stop: () => void
const sent = () => panel.emitted<[{ outcome: string; slots: object[] }]>('send')?.map(([request]) => request) ?? []
const find = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)

async function press(key: string, options: KeyboardEventInit = {}) {
  const on = document.activeElement ?? document.body
  on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options }))
  await nextTick()
  await nextTick()
}

beforeEach(() => {
  document.body.innerHTML = '<main><h1 tabindex="-1"></h1><div id="here"></div></main>'
  document.querySelector('h1')!.focus()
  stop = listenToKeys()
  draft = draftOf('a')
  viewed = reactive(new Set(['x-1']))
  panel = mount(DecisionPanel, {
    attachTo: '#here',
    props: { review: REVIEW, draft, selected: 'x-2', viewed, sending: false },
    global: { components: stubs, config: { warnHandler: () => undefined } },
  })
})

afterEach(() => {
  panel.unmount()
  stop()
  forgetAllDrafts()
  silence()
  document.body.innerHTML = ''
})

describe('by keys alone', () => {
  it('approves at once when everything was looked at', async () => {
    viewed.add('x-2')
    await press('a')
    expect(sent()).toEqual([{ round: 1, outcome: 'approve', note: '', slots: [] }])
  })

  it('names what was not looked at before it approves; the focus is where it was afterwards', async () => {
    await press('a')
    expect(sent()).toEqual([])
    expect(find('approve-dialog')!.textContent).toContain('x-2')
    expect(find('approve-dialog')!.textContent).not.toContain('x-1')
    find('confirm-approve')!.click()
    await keepFocus()
    expect(sent().map((request) => request.outcome)).toEqual(['approve'])
    expect(find('approve-dialog')).toBeNull()
    expect(document.activeElement!.tagName).toBe('H1')
  })

  it('returns with a digit and Ctrl+Enter', async () => {
    await press('2')
    await press('Enter', { ctrlKey: true })
    expect(sent()).toEqual([
      { round: 1, outcome: 'return', note: '', slots: [{ slot: 'x-2', code: 'no_stamp', note: '', region: null }] },
    ])
  })

  it('knows no reason by a number that there is not', async () => {
    await press('3')
    expect(hasContent(draft)).toBe(false)
  })

  it('does not approve what is marked, and says so', async () => {
    viewed.add('x-2')
    await press('1')
    await press('a')
    expect(sent()).toEqual([])
    expect(message.value!.kind).toBe('info')
  })

  it('marks the image and takes the mark back', async () => {
    await press('m')
    expect(draft.marks['x-2']!.on).toBe(true)
    await press('x')
    expect(draft.marks['x-2']!.on).toBe(false)
  })

  it('goes to the note of the image, where letters are letters', async () => {
    await press('1')
    await press('n')
    expect(document.activeElement!.id).toBe('note-x-2')
    await press('2')
    expect(draft.marks['x-2']!.code).toBe('illegible')
    await press('Enter', { ctrlKey: true })
    expect(sent().length).toBe(1)
  })

  it('opens the return form, and closes it while nothing was entered', async () => {
    await press('r')
    expect(draft.returning).toBe(true)
    await press('Escape')
    expect(draft.returning).toBe(false)
    await press('1')
    await press('Escape')
    expect(draft.returning).toBe(true)
  })

  it('sends nothing without a reason, and says what is missing', async () => {
    await press('m')
    await press('Enter', { ctrlKey: true })
    expect(sent()).toEqual([])
    expect(find('gap')!.textContent).toContain('x-2')
  })

  it('decides nothing while the next case is on its way', async () => {
    viewed.add('x-2')
    await panel.setProps({ sending: true })
    await press('a')
    await press('1')
    expect([sent(), hasContent(draft)]).toEqual([[], false])
    draft.returning = true
    draft.note = '缺'
    await press('Enter', { ctrlKey: true })
    expect(sent()).toEqual([])
  })
})

describe('the return form', () => {
  it('fills the note with a canned one, which can be changed', async () => {
    await press('1')
    find('canned-x-2-1')!.click()
    await nextTick()
    await nextTick()
    expect(draft.marks['x-2']!.note).toBe('姓名看不清。')
    expect(document.activeElement!.id).toBe('note-x-2')
    expect(find('preview')!.textContent).toContain('姓名看不清。')
    const note = document.activeElement as HTMLInputElement
    note.value = '姓名和编号看不清。'
    note.dispatchEvent(new Event('input'))
    expect(draft.marks['x-2']!.note).toBe('姓名和编号看不清。')
  })

  it('shows what the candidate will read, with the SMS', async () => {
    await press('1')
    expect(find('preview')!.textContent).toContain('无法辨别')
    expect(find('sms-preview')!.textContent).toBe('【送审】材料已退回。')
  })
})
