import { flushPromises, mount } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { expect, it, vi } from 'vitest'
import { createLater } from './lazily'

const Greeting = defineComponent({
  props: { name: { type: String, required: true } },
  emits: ['close'],
  setup: (props, { emit }) => () => h('button', { onClick: () => emit('close') }, `Hello ${props.name}`),
})

/** A file with one component; `file` may fail to be fetched, `module` to be imported. */
function parts(file: () => Promise<Response>, module = async () => ({ Greeting })) {
  const fetched: string[] = []
  vi.stubGlobal('fetch', (url: string) => {
    fetched.push(url.replace(/.*\//, ''))
    return file()
  })
  const load = vi.fn(module)
  // As a built function reads.
  load.toString = () => '()=>preload(()=>import("./later-abc.js"),[])'
  const close = vi.fn()
  const later = createLater(load)
  const wrapper = mount(later.lazily('Greeting'), { props: { name: 'you', onClose: close } })
  return { ...later, load, fetched, wrapper, close }
}

const there = async () => new Response('')
const gone = () => Promise.reject(new TypeError('Failed to fetch'))

it('shows the component with its properties and events as soon as its file is there', async () => {
  const { wrapper, close, fetched, get } = parts(there)
  expect(wrapper.text()).toBe('正在打开…')
  await flushPromises()
  expect(wrapper.text()).toBe('Hello you')
  await wrapper.trigger('click')
  expect(close).toHaveBeenCalledOnce()
  await get()
  expect(fetched).toEqual(['later-abc.js'])
})

it('imports nothing that cannot be fetched, and tries again as often as one likes', async () => {
  let answer = gone as () => Promise<Response>
  const { wrapper, load } = parts(() => answer())
  for (let times = 0; times < 3; times++) {
    await flushPromises()
    expect(wrapper.text()).toContain('网络连接失败')
    await wrapper.get('[data-testid="later-retry"]').trigger('click')
  }
  await flushPromises()
  expect(load).not.toHaveBeenCalled()
  answer = there
  await wrapper.get('[data-testid="later-retry"]').trigger('click')
  await flushPromises()
  expect(wrapper.text()).toBe('Hello you')
})

it('goes on by itself when the network is back', async () => {
  let answer = gone as () => Promise<Response>
  const { wrapper } = parts(() => answer())
  await flushPromises()
  answer = there
  dispatchEvent(new Event('online'))
  await flushPromises()
  expect(wrapper.text()).toBe('Hello you')
})

it('offers to open the page again when the import itself fails: browsers never try that again', async () => {
  const { wrapper, close } = parts(there, () => Promise.reject(new TypeError('no module')))
  await flushPromises()
  expect(wrapper.find('[data-testid="later-retry"]').exists()).toBe(false)
  expect(wrapper.get('[data-testid="later-reopen"]').text()).toBe('重新打开页面')
  await wrapper.get('button').trigger('click')
  expect(close).toHaveBeenCalledOnce()
})

it('asks for nothing by itself where it is quiet, but for another try', async () => {
  let answer = gone as () => Promise<Response>
  const { lazily, get, fetched, wrapper } = parts(() => answer())
  wrapper.unmount()
  await flushPromises()
  const asked = fetched.length
  const quiet = mount(lazily('Greeting', true), { props: { name: 'you' } })
  await flushPromises()
  expect(fetched).toHaveLength(asked)
  expect(quiet.text()).toContain('网络连接失败')
  answer = there
  await get()
  expect(quiet.text()).toBe('Hello you')
})

it('tries again when a style sheet did not come', async () => {
  const module = vi.fn(async () => ({ Greeting }))
  module.mockRejectedValueOnce(Object.assign(new Error('later.css'), { name: 'NetworkError' }))
  const { wrapper } = parts(there, module)
  await flushPromises()
  await wrapper.get('[data-testid="later-retry"]').trigger('click')
  await flushPromises()
  expect(wrapper.text()).toBe('Hello you')
})
