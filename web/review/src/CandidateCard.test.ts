import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { pageError } from '../../shared/errors'
import CandidateCard from './CandidateCard.vue'
import { ask, ended } from './composables/useSession'
import { listenToKeys } from './keys'
import { aReview, components } from './testing'

vi.mock('./composables/useSession', async (original) => ({ ...(await original<object>()), ask: vi.fn() }))
const api = vi.mocked(ask)
const IDENTITY = { id_number: '370100180001010003', phone: '13900000003' }

let card: VueWrapper
let stop: () => void
const shown = () => card.find('[data-testid=identity]').exists()
const press = async () => {
  await card.get('[data-testid=identity-show]').trigger('click')
  await flushPromises()
}

beforeEach(() => {
  vi.useFakeTimers()
  api.mockReset()
  api.mockResolvedValue(IDENTITY as never)
  stop = listenToKeys()
  card = mount(CandidateCard, { props: { review: aReview() }, global: { components } })
})

afterEach(() => {
  card.unmount()
  stop()
  vi.useRealTimers()
})

it('is masked and asks for nothing by itself', () => {
  expect(card.text()).toContain('370***03')
  expect(shown()).toBe(false)
  expect(api).not.toHaveBeenCalled()
})

it('shows the numbers for a minute, and says that the look is recorded', async () => {
  await press()
  expect(api.mock.calls).toEqual([['GET /reviews/{application}/identity', { path: { application: 'demo_1' } }]])
  expect(card.get('[data-testid=identity]').text()).toContain(IDENTITY.id_number)
  expect(card.get('[data-testid=identity]').text()).toContain(IDENTITY.phone)
  expect(card.text()).toContain('本次查看已记录')
  await vi.advanceTimersByTimeAsync(59_000)
  expect(shown()).toBe(true)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(shown()).toBe(false)
  expect(card.text()).not.toContain(IDENTITY.id_number)
})

it('shows and hides by its key', async () => {
  dispatchEvent(new KeyboardEvent('keydown', { key: 'i' }))
  await flushPromises()
  expect(shown()).toBe(true)
  dispatchEvent(new KeyboardEvent('keydown', { key: 'i' }))
  await flushPromises()
  expect(shown()).toBe(false)
  expect(api).toHaveBeenCalledOnce()
})

it('hides when another case comes, also from an answer that comes late', async () => {
  await press()
  await card.setProps({ review: { ...aReview(), application: 'demo_2' } })
  expect(shown()).toBe(false)
  let answer: (value: never) => void = () => undefined
  api.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)))
  await press()
  await card.setProps({ review: { ...aReview(), application: 'demo_3' } })
  answer(IDENTITY as never)
  await flushPromises()
  expect(shown()).toBe(false)
})

it('stays for its minute when the case is asked for again', async () => {
  await press()
  await card.setProps({ review: aReview() })
  expect(shown()).toBe(true)
})

it('says what to do when it fails', async () => {
  api.mockRejectedValueOnce(pageError('network'))
  await press()
  expect(card.get('[data-testid=identity-problem]').text()).toContain('再点一次')
  await press()
  expect(shown()).toBe(true)
  expect(card.find('[data-testid=identity-problem]').exists()).toBe(false)
})

it('is masked when the session ends', async () => {
  await press()
  expect(shown()).toBe(true)
  ended.value = true
  await flushPromises()
  expect(shown()).toBe(false)
  ended.value = false
})
