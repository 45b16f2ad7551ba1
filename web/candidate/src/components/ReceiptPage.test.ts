import { afterEach, expect, it, vi } from 'vitest'
import { setLanguage } from '../../../shared/i18n'
import { aSlot, aView, mountIn } from '../testing'
import ReceiptPage from './ReceiptPage.vue'

let page: ReturnType<typeof mountIn> | undefined
afterEach(() => {
  page?.wrapper.unmount()
  page?.application.stop()
  setLanguage('zh')
})

const HASH = '0123456789abcdef'.repeat(4)

function sheet() {
  // What the slot holds by now may be another image than the one that was submitted.
  const view = aView({ identity: [aSlot('identity-1'), aSlot('identity-2')], diploma: [aSlot('diploma-1', { sha256: 'ff' })] })
  view.categories[1]!.title = { zh: '毕业证书', en: 'Diploma' }
  view.candidate.site = { zh: '济南考点', en: 'Jinan exam site' }
  const images = [
    { slot: 'diploma-1', sha256: HASH },
    { slot: 'identity-2', sha256: 'cd'.repeat(32) },
  ]
  const receipt = { number: '3701-2', round: 2, at: '2026-03-12T14:02:08Z', images }
  page = mountIn(ReceiptPage, view, { view: { ...view, receipt }, receipt })
  return page
}

it('proves the submission: number, time in the exam’s zone, round, person, and each image with its hash', () => {
  const { wrapper, see } = sheet()
  expect(see('receipt-number').element.textContent).toBe('3701-2')
  const rows = wrapper.findAll('tr').map((row) => `${row.get('th').text()}=${row.get('td').text()}`)
  expect(rows).toEqual([
    '回执号=3701-2',
    '提交时间=2026/3/12 22:02:08（北京时间）',
    '提交次数=第 2 次提交',
    '考试=考试',
    '姓名=张三',
    '准考证号=1',
    '考区=山东省',
    '考点=济南考点',
  ])
  expect(wrapper.findAll('li').map((line) => line.attributes('data-testid'))).toEqual([
    'receipt-image-identity-2',
    'receipt-image-diploma-1',
  ])
  expect(see('receipt-image-diploma-1').text().replace(/\s+/g, ' ')).toBe(
    `毕业证书 · diploma-1 ${'01234567 89abcdef '.repeat(4).trim()}`,
  )
})

it('has the Chinese beside the English', () => {
  setLanguage('en')
  const { wrapper } = sheet()
  const site = wrapper.findAll('tr').at(-1)!
  expect(site.findAll('[lang=zh-CN]').map((part) => part.text())).toEqual(['考点', '济南考点'])
  expect(site.text()).toContain('Jinan exam site')
})

it('prints, and goes back', async () => {
  const { wrapper, see } = sheet()
  const print = vi.fn()
  window.print = print
  await see('receipt-print').trigger('click')
  expect(print).toHaveBeenCalledTimes(1)
  await see('receipt-back').trigger('click')
  expect(wrapper.emitted('back')).toHaveLength(1)
})
