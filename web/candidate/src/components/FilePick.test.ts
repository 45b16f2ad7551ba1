import { afterEach, expect, it, vi } from 'vitest'
import { aView, mountIn } from '../testing'
import FilePick from './FilePick.vue'

const props = { testid: 'file-identity', label: '上传' }

function pick(touch: boolean) {
  vi.stubGlobal('matchMedia', () => ({ matches: touch }))
  return mountIn(FilePick, aView({}), props)
}

afterEach(() => vi.unstubAllGlobals())

it.each(['image/jpeg', 'image/heic', 'application/pdf', ''])('hands over a file of whatever type: %s', async (type) => {
  const { wrapper, see } = pick(false)
  const file = new File(['x'], 'photo', { type })
  Object.defineProperty(see('file-identity').element, 'files', { value: [file] })
  await see('file-identity').trigger('change')
  expect(wrapper.emitted('pick')).toEqual([[file]])
})

it('asks for exactly the types of the exam, so that iPhones convert', () => {
  expect(pick(false).see('file-identity').attributes('accept')).toBe('image/jpeg,image/png')
})

it('offers the camera on touch screens', () => {
  expect(pick(true).see('camera-identity').attributes('capture')).toBe('environment')
  expect(pick(false).see('camera-identity').exists()).toBe(false)
})
