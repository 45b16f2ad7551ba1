import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  anyUnsent,
  approvalOf,
  draftOf,
  FALLBACK,
  forgetAllDrafts,
  forgetDraft,
  gapsOf,
  judge as judgeSlot,
  keepDraftsFor,
  mark,
  markedSlots,
  missingIn,
  oneLine,
  previewOf,
  returnOf,
  turnTo,
  unseenIn,
  unsent,
  type Draft,
  type Review,
} from './draft'

const REASONS = [
  { code: 'unreadable', text: { zh: '无法辨别，请重新上传！', en: 'Cannot be read.' } },
  { code: 'no_stamp', text: { zh: '缺少公章。', en: 'The stamp is missing.' } },
]

function slot(id: string, state: 'ready' | 'empty' = 'ready') {
  return {
    slot: id, title: { zh: id, en: id }, state, image_url: null, width: null, height: null,
    sha256: null, uploaded_at: null, warnings: [], sent_by_others: 0, changed: false, previous: null,
  }
}

function category(id: string, slots: ReturnType<typeof slot>[]) {
  return { id, title: { zh: id, en: id }, hint: { zh: '', en: '' }, required: true, example_url: '', slots }
}

const REVIEW = {
  application: 'demo_1',
  round: 2,
  status: 'submitted',
  categories: [
    category('identity', [slot('identity-1'), slot('identity-2')]),
    category('diploma', [slot('diploma-1', 'empty')]),
  ],
  reason_codes: REASONS,
} as unknown as Review

let draft: Draft
beforeEach(() => {
  forgetAllDrafts()
  draft = draftOf('demo_1')
})

function judge(slot: string, code: string, note = '') {
  mark(draft, slot, true)
  Object.assign(draft.marks[slot]!, { code, note })
}

describe('marks', () => {
  it('open the return form, on empty slots too', () => {
    mark(draft, 'diploma-1', true)
    expect(draft.returning).toBe(true)
    expect(markedSlots(REVIEW, draft)).toEqual(['diploma-1'])
  })

  it('keep what was written when they are taken back and set again', () => {
    judge('identity-1', 'unreadable', '编号看不清')
    mark(draft, 'identity-1', false)
    expect(markedSlots(REVIEW, draft)).toEqual([])
    mark(draft, 'identity-1', true)
    expect(draft.marks['identity-1']).toEqual({ on: true, code: 'unreadable', note: '编号看不清', region: null })
  })

  it('are kept per application until the decision is taken', () => {
    judge('identity-1', 'unreadable')
    expect(unsent('demo_1')).toBe(true)
    expect(unsent('demo_2')).toBe(false)
    expect([anyUnsent(), anyUnsent(['demo_1'])]).toEqual([true, false])
    expect(draftOf('demo_2').marks).toEqual({})
    expect(markedSlots(REVIEW, draftOf('demo_1'))).toEqual(['identity-1'])
    forgetDraft('demo_1')
    expect(anyUnsent()).toBe(false)
  })
})

it('a reason marks the slot in one stroke and keeps what was written and drawn', () => {
  judge('identity-1', 'unreadable', '看不清')
  draft.marks['identity-1']!.region = [0, 0, 1, 1]
  mark(draft, 'identity-1', false)
  judgeSlot(draft, 'identity-1', 'no_stamp')
  expect(draft.marks['identity-1']).toEqual({ on: true, code: 'no_stamp', note: '看不清', region: [0, 0, 1, 1] })
  expect(draft.returning).toBe(true)
})

describe('what is stored', () => {
  const stored = () => Object.fromEntries(Object.entries({ ...sessionStorage }).filter(([key]) => key.includes('drafts')))
  /** The page is loaded anew: nothing is in memory. */
  async function reload(username: string) {
    vi.resetModules()
    const again = await import('./draft')
    again.keepDraftsFor(username)
    return again
  }

  beforeEach(() => {
    keepDraftsFor('shenhe-1')
    draft = draftOf('demo_1')
  })

  it('survives a reload, marks, words and boxes', async () => {
    judge('identity-1', 'unreadable', '看不清')
    draft.marks['identity-1']!.region = [0.1, 0.1, 0.2, 0.2]
    draft.note = '请补齐'
    const again = await reload('shenhe-1')
    expect(again.draftOf('demo_1')).toEqual({
      returning: true,
      marks: { 'identity-1': { on: true, code: 'unreadable', note: '看不清', region: [0.1, 0.1, 0.2, 0.2] } },
      note: '请补齐',
    })
  })

  it('is nothing as long as nothing was entered', () => {
    draft.returning = true
    expect(stored()).toEqual({})
  })

  it('goes when the decision has been taken', () => {
    draft.note = '请补齐'
    expect(Object.keys(stored())).toEqual(['songshen.drafts.shenhe-1'])
    forgetDraft('demo_1')
    expect(stored()).toEqual({})
  })

  it('goes at sign-out, and nothing is stored afterwards', () => {
    draft.note = '请补齐'
    forgetAllDrafts()
    draftOf('demo_2').note = '不留'
    expect(stored()).toEqual({})
  })

  it('is not for somebody else, who removes it by signing in', async () => {
    draft.note = '请补齐'
    const again = await reload('shenhe-2')
    expect(again.anyUnsent()).toBe(false)
    expect(stored()).toEqual({})
  })

  it('stays as it is in memory when the same reviewer signs in again', () => {
    draft.note = '请补齐'
    keepDraftsFor('shenhe-1')
    expect(draftOf('demo_1')).toBe(draft)
  })

  it('may be spoilt without harm', async () => {
    sessionStorage.setItem('songshen.drafts.shenhe-1', '{')
    expect((await reload('shenhe-1')).anyUnsent()).toBe(false)
  })
})

describe('what an approval would pass over', () => {
  it('is what was not looked at, of what there is', () => {
    expect(unseenIn(REVIEW, new Set(['identity-2']))).toEqual(['identity-1'])
    expect(unseenIn(REVIEW, new Set(['identity-1', 'identity-2']))).toEqual([])
  })

  it('is a required category without an image', () => {
    expect(missingIn(REVIEW)).toEqual(['diploma'])
  })
})

describe('what is missing', () => {
  it('a reason for every marked slot', () => {
    judge('identity-1', 'unreadable')
    mark(draft, 'diploma-1', true)
    expect(gapsOf(REVIEW, draft)).toEqual({ reasons: ['diploma-1'], nothing: false })
  })

  it('a reason that the exam no longer has', () => {
    judge('identity-1', 'gone', 'with a note')
    expect(gapsOf(REVIEW, draft).reasons).toEqual(['identity-1'])
  })

  it('anything at all; an overall note alone is enough', () => {
    draft.note = ' \n '
    expect(gapsOf(REVIEW, draft)).toEqual({ reasons: [], nothing: true })
    draft.note = '请全部重新上传'
    expect(gapsOf(REVIEW, draft)).toEqual({ reasons: [], nothing: false })
  })
})

describe('the request', () => {
  it('names the marked slots in the order of the application, notes on one line', () => {
    judge('diploma-1', 'no_stamp', ' 第一行\n第二行\t ')
    judge('identity-2', 'unreadable')
    draft.marks['identity-2']!.region = [0.1, 0.2, 0.5, 0.6]
    draft.note = '请尽快\r\n补齐'
    expect(returnOf(REVIEW, draft)).toEqual({
      round: 2,
      outcome: 'return',
      note: '请尽快 补齐',
      slots: [
        { slot: 'identity-2', code: 'unreadable', note: '', region: [0.1, 0.2, 0.5, 0.6] },
        { slot: 'diploma-1', code: 'no_stamp', note: '第一行 第二行', region: null },
      ],
    })
  })

  it('of an approval names none', () => {
    judge('identity-1', 'unreadable')
    expect(approvalOf(REVIEW)).toEqual({ round: 2, outcome: 'approve', note: '', slots: [] })
  })
})

// The rule is `messages_of` of the domain; if that changes, this has to follow.
describe('the preview', () => {
  it('has the overall note first, then the note or else the reason of every slot', () => {
    judge('identity-1', 'unreadable')
    judge('diploma-1', 'no_stamp', '毕业证编号无法辨别，请重新上传！')
    draft.note = '请于3月12日前补齐。'
    expect(previewOf(REVIEW, draft)).toEqual([
      { slot: '', text: { zh: '请于3月12日前补齐。', en: '请于3月12日前补齐。' } },
      { slot: 'identity-1', text: REASONS[0]!.text },
      { slot: 'diploma-1', text: { zh: '毕业证编号无法辨别，请重新上传！', en: '毕业证编号无法辨别，请重新上传！' } },
    ])
  })

  it('says the same only once', () => {
    judge('identity-1', 'unreadable')
    judge('identity-2', 'unreadable')
    judge('diploma-1', 'no_stamp', '缺')
    draft.note = '缺'
    expect(previewOf(REVIEW, draft).map((line) => line.slot)).toEqual(['', 'identity-1'])
  })

  it('takes the stock phrase when there is nothing else', () => {
    expect(previewOf(REVIEW, draft)).toEqual([{ slot: '', text: FALLBACK }])
  })
})

it('a line has no control characters', () => {
  expect(oneLine('\ta\u0000\u001fb\u007fc\r\n')).toBe('a b c')
})

describe('in another round', () => {
  it('keeps what was written, and no box: it is about another image', () => {
    expect(turnTo(draft, 1)).toBe(false)
    judge('identity-1', 'unreadable', '看不清')
    draft.marks['identity-1']!.region = [0, 0, 1, 1]
    expect([turnTo(draft, 1), draft.marks['identity-1']!.region]).toEqual([false, [0, 0, 1, 1]])
    expect(turnTo(draft, 2)).toBe(true)
    expect(draft.marks['identity-1']).toEqual({ on: true, code: 'unreadable', note: '看不清', region: null })
    expect(turnTo(draft, 2)).toBe(false)
  })

  it('has nothing to tell where nothing was entered', () => {
    turnTo(draft, 1)
    expect(turnTo(draft, 2)).toBe(false)
  })
})
