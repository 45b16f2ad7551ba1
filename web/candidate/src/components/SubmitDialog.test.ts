import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { pageError } from '../../../shared/errors'
import { announcement } from '../composables/announcer'
import { aReview, aSlot, aView, lack, mountIn } from '../testing'
import SubmitDialog from './SubmitDialog.vue'

const call = vi.hoisted(() => vi.fn())
vi.mock('../../../shared/client', async (original) => ({ ...(await original<object>()), call }))

let page: ReturnType<typeof mountIn>
let server: ReturnType<typeof aView>
beforeEach(() => {
  const place = document.body.appendChild(document.createElement('section'))
  place.id = 'status'
  place.tabIndex = -1
  place.scrollIntoView = vi.fn()
  call.mockImplementation(async (what: string) => {
    if (what === 'POST /submission') server = submitted(server)
    return server
  })
})
afterEach(() => {
  page.wrapper.unmount()
  page.application.stop()
  document.body.innerHTML = ''
})

function complete() {
  const ready = (id: string, more = {}) => aSlot(id, { state: 'ready', image_url: `https://m/${id}`, ...more })
  const view = aView({
    identity: [ready('identity-1'), ready('identity-2', { warnings: [{ code: 'blurred', text: { zh: '模糊', en: 'blurred' } }] })],
    diploma: [ready('diploma-1', { review: aReview({ replaced: true }) })],
    licence: [aSlot('licence-1')],
    other: [aSlot('other-1', { state: 'rejected' })],
  })
  // As fresh as can be: the server's clock stands well before the end.
  return { ...view, round: 1, status: 'returned' as const }
}

function submitted(view: ReturnType<typeof aView>) {
  const receipt = { number: '1-2', round: 2, at: view.now, images: [] }
  return { ...view, status: 'submitted' as const, round: 2, locked: true, receipt }
}

async function dialog(view: ReturnType<typeof aView>) {
  server = view
  page = mountIn(SubmitDialog, view)
  await flushPromises()
  return page
}

it('shows every image once more, what will be locked, and what is not there', async () => {
  const { wrapper, see } = await dialog(complete())
  const images = wrapper.findAll('li').map((line) => [line.get('img').attributes('src'), line.text().replace(/\s+/g, ' ')])
  expect(images).toEqual([
    ['https://m/identity-1', 'identity-1'],
    ['https://m/identity-2', 'identity-2! 请点开确认清晰'],
    ['https://m/diploma-1', 'diploma-1已更换'],
  ])
  expect(see('submit-dialog').text()).toContain('提交后以下 3 张图片全部锁定')
  expect(see('optional').text()).toBe('选传，未上传：licence、other')
  expect(see('submit-dialog').get('.warning').text()).toBe('没有通过检查，不会提交：other-1')
})

it('enlarges an image beside itself', async () => {
  const { wrapper, see } = await dialog(complete())
  await see('confirm-image-diploma-1').trigger('click')
  const [first, second] = wrapper.findAll('.modal')
  expect(second!.find('img').attributes('src')).toBe('https://m/diploma-1')
  expect(first!.element.contains(second!.element)).toBe(false)
})

it('submits the next round, says so with the receipt, and leads to the status', async () => {
  const { wrapper, see, application } = await dialog(complete())
  await see('confirm-submit').trigger('click')
  await flushPromises()
  expect(call).toHaveBeenLastCalledWith('POST /submission', { body: { round: 2 }, retry: 3 })
  expect(application.view.value?.status).toBe('submitted')
  expect(wrapper.emitted('close')).toHaveLength(1)
  expect(announcement.value).toBe('提交成功，已锁定，等待审核。提交回执号 1-2。')
  expect(document.activeElement?.id).toBe('status')
})

it('takes a submission of which the answer was lost for what it is', async () => {
  const { wrapper, see } = await dialog(complete())
  server = submitted(server)
  call.mockImplementation(async (what: string) => {
    if (what !== 'POST /submission') return server
    throw Object.assign(pageError('unexpected', 409), { code: 'stale_round' })
  })
  await see('confirm-submit').trigger('click')
  await flushPromises()
  expect(wrapper.emitted('close')).toHaveLength(1)
  expect(announcement.value).toContain('提交成功')
})

it('says when no answer came, and can be tried again', async () => {
  const { wrapper, see } = await dialog(complete())
  call.mockRejectedValue(pageError('network'))
  await see('confirm-submit').trigger('click')
  await flushPromises()
  expect(see('problem').text()).toContain('重复提交不会有影响')
  expect(see('confirm-submit').attributes('disabled')).toBeUndefined()
  expect(wrapper.emitted('close')).toBeUndefined()
})

it('of which no answer came is looked for, also if nobody presses again', async () => {
  const { see, application } = await dialog(complete())
  call.mockImplementation(async (what: string) => {
    if (what === 'GET /application') return submitted(complete())
    throw pageError('network')
  })
  await see('confirm-submit').trigger('click')
  await flushPromises()
  expect(application.view.value?.status).toBe('submitted')
})

it('says what is missing, and after the end that it cannot be had any more', async () => {
  const view = { ...complete(), missing: [lack('diploma', 'diploma-1'), lack('other')] }
  const { see } = await dialog(view)
  expect(see('missing').findAll('li').map((line) => line.text())).toEqual(['diploma-1（已退回，需更换图片）', 'other（必须上传）'])
  expect(see('submit-dialog').text()).toContain('还不能提交，请先完成以下各项')
  expect(see('confirm-submit').exists()).toBe(false)
  page.wrapper.unmount()
  page.application.stop()
  const late = await dialog({ ...view, now: view.editable_until })
  expect(late.see('submit-dialog').text()).toContain('上传已截止，以下各项已不能补传')
})
