import { flushPromises } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { aView, mountIn } from '../testing'
import SlotImage from './SlotImage.vue'

async function broken(next: string) {
  const page = mountIn(SlotImage, aView({}), { url: 'https://m/1', alt: '' })
  page.application.stop()
  page.application.forgetLink = vi.fn()
  page.application.reload = vi.fn(() => page.wrapper.setProps({ url: next }))
  const image = page.wrapper.get('img').element
  await page.wrapper.get('img').trigger('error')
  await flushPromises()
  return { ...page, image }
}

it.each(['https://m/2', 'https://m/1'])('asks for a fresh link once, and tries %s even if it is the same', async (next) => {
  const { wrapper, application, image } = await broken(next)
  const now = wrapper.get('img').element
  // The same element loads another address by itself, and the same address only if it is a new element.
  expect([now.getAttribute('src'), now === image]).toEqual([next, next !== 'https://m/1'])
  await wrapper.get('img').trigger('error')
  await flushPromises()
  expect(wrapper.find('img').exists()).toBe(false)
  expect(wrapper.text()).toBe('图片暂时无法显示，请点“刷新”。')
  expect(application.reload).toHaveBeenCalledTimes(1)
  // So that “刷新” brings another one.
  expect(application.forgetLink).toHaveBeenLastCalledWith(next)
  expect(application.forgetLink).toHaveBeenCalledTimes(2)
  wrapper.unmount()
})
