import { mount } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '../../shared/errors'
import { silence } from './composables/useMessage'
import SignIn from './SignIn.vue'
import { components } from './testing'

const enter = vi.hoisted(() => vi.fn())
vi.mock('./composables/useSession', () => ({ enter }))

afterEach(() => {
  silence()
  enter.mockReset()
})

const required = new ApiError('new_password_required', { zh: '请设置新密码', en: 'Choose another one' }, 409)

it('asks for a password of one’s own when the one given is an initial one', async () => {
  const page = mount(SignIn, { global: { components } })
  const type = (id: string, value: string) => page.get(`input[data-testid="${id}"]`).setValue(value)
  await type('username', 'reviewer-1')
  await type('password', 'initial')
  expect(page.find('[data-testid="new-password"]').exists()).toBe(false)
  enter.mockRejectedValueOnce(required)
  await page.find('form').trigger('submit')
  await vi.waitFor(() => expect(page.find('[data-testid="new-password"]').exists()).toBe(true))
  await type('new-password', 'a password of mine')
  enter.mockResolvedValueOnce(true)
  await page.find('form').trigger('submit')
  await vi.waitFor(() => expect(enter).toHaveBeenCalledTimes(2))
  expect(enter.mock.calls).toEqual([
    ['reviewer-1', 'initial', ''],
    ['reviewer-1', 'initial', 'a password of mine'],
  ])
  page.unmount()
})
