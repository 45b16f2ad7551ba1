import { afterEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { aReview, aSlot, aView, lack, mountIn } from '../testing'
import CheckList from './CheckList.vue'

let page: ReturnType<typeof mountIn> | undefined
afterEach(() => {
  page?.wrapper.unmount()
  page?.application.stop()
  document.body.innerHTML = ''
})

function list(view: ReturnType<typeof aView>) {
  page = mountIn(CheckList, view)
  const see = page.see
  const lines = page.wrapper.findAll('li').map((line) => line.text().replace(/\s+/g, ' '))
  return { ...page, lines, open: () => (see('checklist').element as HTMLDetailsElement).open }
}

function draft() {
  const view = aView({ identity: [aSlot('identity-1', { state: 'ready' })], diploma: [aSlot('diploma-1')] })
  view.missing = [lack('diploma')]
  return view
}

it('shows what is missing, and goes there', async () => {
  const { see, lines, open } = list(draft())
  expect(lines).toEqual(['✓identity已上传 1 张', '○diploma未上传'])
  expect([open(), see('checklist').find('summary').text()]).toEqual([true, '材料清单 还有 1 项未完成'])
  expect(see('checklist-identity').find('button').exists()).toBe(false)
  const target = document.createElement('section')
  target.id = 'category-diploma'
  target.tabIndex = -1
  target.scrollIntoView = vi.fn()
  document.body.append(target)
  await see('checklist-diploma').find('button').trigger('click')
  expect(document.activeElement).toBe(target)
  expect(target.scrollIntoView).toHaveBeenCalled()
})

it('folds away when all is there', async () => {
  const view = draft()
  const { wrapper, application, see, open } = list(view)
  const full = { ...view, missing: [] }
  application.accept(full)
  await wrapper.setProps({ view: full })
  await nextTick()
  expect([open(), see('checklist').find('summary').text()]).toEqual([false, '材料清单 ✓ 材料已齐全，可以提交'])
})

it('says after a return which image, why, where, until when, and what stays locked', () => {
  vi.spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(-480)
  const review = aReview({ note: '编号无法辨别', region: [0.1, 0.8, 0.5, 0.9] })
  const view = aView({
    identity: [aSlot('identity-1', { state: 'ready', locked: true }), aSlot('identity-2', { state: 'ready', locked: true })],
    diploma: [aSlot('diploma-1', { state: 'ready', review })],
  })
  view.status = 'returned'
  view.missing = [lack('diploma', 'diploma-1')]
  const { see, lines } = list(view)
  expect(lines).toEqual(['!diploma · diploma-1已退回，请更换图片编号无法辨别 审核人员标出的位置：左下。'])
  expect(see('checklist').text()).toContain('请于 2026/3/12 24:00 前修改。只能修改以下图片，其余 2 张已锁定。')
  vi.restoreAllMocks()
})

it('keeps the reason when the image has been replaced', () => {
  const review = aReview({ note: '编号无法辨别', region: [0.1, 0.8, 0.5, 0.9], replaced: true })
  const view = { ...aView({ diploma: [aSlot('diploma-1', { state: 'ready', review })] }), status: 'returned' as const }
  expect(list(view).lines).toEqual(['✓diploma · diploma-1已更换编号无法辨别'])
})

it('is a folded list of what is locked once it is submitted', () => {
  const slots = ['a-1', 'a-2'].map((id) => aSlot(id, { state: 'ready', locked: true }))
  const { see, lines, open } = list({ ...aView({ a: slots, b: [aSlot('b-1', { locked: true })] }), status: 'submitted', locked: true })
  expect([open(), see('checklist').find('summary').text()]).toEqual([false, '材料清单 2 张图片已锁定'])
  expect(lines).toEqual(['✓a 已上传 2 张'])
})
