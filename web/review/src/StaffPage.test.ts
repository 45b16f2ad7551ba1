import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '../../shared/errors'
import { silence } from './composables/useMessage'
import StaffPage from './StaffPage.vue'
import { components } from './testing'

const ask = vi.hoisted(() => vi.fn())
vi.mock('./composables/useSession', async () => {
  const { shallowRef } = await import('vue')
  return { ask, staff: shallowRef({ username: 'guanli', exam: 'demo' }) }
})

const both = (text: string) => ({ zh: text, en: text })
const one = { username: 'shenhe-1', role: 'reviewer', area: '37', site: '370100', disabled: false }
const found = {
  time_zone: 'Asia/Shanghai',
  items: [{ username: 'guanli', role: 'admin', area: '', site: '', disabled: false }, one],
  changes: [{ ...one, at: '2026-03-01T08:00:00+08:00', by: 'guanli', kind: 'created' }],
  places: [{ area: '37', name: both('山东'), sites: [{ id: '370100', name: both('济南') }, { id: '370200', name: both('青岛') }] }],
}

beforeEach(() => {
  ask.mockResolvedValueOnce(found)
})
afterEach(() => {
  silence()
  ask.mockReset()
})

async function opened() {
  const page = mount(StaffPage, { global: { components }, attachTo: document.body })
  await flushPromises()
  return page
}

it('shows everybody, and offers nothing for the own account', async () => {
  const page = await opened()
  const row = page.get('[data-testid="staff-shenhe-1"]')
  expect(row.get('[data-testid="place"]').text()).toBe('山东 · 济南')
  expect(row.findAll('button')).toHaveLength(3)
  expect(page.get('[data-testid="staff-guanli"]').findAll('button')).toHaveLength(0)
  expect(page.get('[data-testid="staff-changes"] tbody').text()).toContain('shenhe-1')
  page.unmount()
})

it('employs somebody, and shows the initial password until it is put away', async () => {
  const page = await opened()
  await page.get('[data-testid="staff-add"]').trigger('click')
  await page.get('[data-testid="staff-username"]').setValue('shenhe-2')
  await page.get('[data-testid="staff-site"]').setValue('370200')
  ask.mockRejectedValueOnce(new ApiError('username_taken', both('该用户名已被使用。'), 409))
  await page.get('#staff-form').trigger('submit')
  await flushPromises()
  expect(page.get('[data-testid="staff-wrong"]').text()).toBe('该用户名已被使用。')
  ask.mockResolvedValueOnce({ member: { ...one, username: 'shenhe-2' }, initial_password: 'abcde-fghjk' }).mockResolvedValueOnce(found)
  await page.get('#staff-form').trigger('submit')
  await flushPromises()
  const body = { username: 'shenhe-2', role: 'reviewer', area: '37', site: '370200' }
  expect(ask).toHaveBeenCalledWith('POST /exams/{exam}/staff', { path: { exam: 'demo' }, body })
  expect(page.find('[data-testid="staff-dialog"]').exists()).toBe(false)
  expect(page.get<HTMLInputElement>('[data-testid="initial-password"]').element.value).toBe('abcde-fghjk')
  await page.get('[data-testid="staff-password-close"]').trigger('click')
  expect(page.find('[data-testid="initial-password"]').exists()).toBe(false)
  page.unmount()
})

it('asks before it disables, and sends a lead without a site', async () => {
  const page = await opened()
  const row = page.get('[data-testid="staff-shenhe-1"]')
  await row.get('[data-testid="disable"]').trigger('click')
  expect(ask).toHaveBeenCalledTimes(1)
  ask.mockResolvedValueOnce({ ...one, disabled: true }).mockResolvedValueOnce(found)
  await page.get('#staff-form').trigger('submit')
  await flushPromises()
  const path = { exam: 'demo', username: 'shenhe-1' }
  expect(ask.mock.calls[1]).toEqual(['POST /exams/{exam}/staff/{username}/disable', { path }])
  await row.get('[data-testid="move"]').trigger('click')
  await page.get('[data-testid="staff-role"]').setValue('lead')
  ask.mockResolvedValueOnce({ ...one, role: 'lead', site: '' }).mockResolvedValueOnce(found)
  await page.get('#staff-form').trigger('submit')
  await flushPromises()
  expect(ask.mock.calls[3]).toEqual(['PUT /exams/{exam}/staff/{username}', { path, body: { role: 'lead', area: '37', site: '' } }])
  page.unmount()
})
