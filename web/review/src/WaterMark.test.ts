import { mount } from '@vue/test-utils'
import { afterEach, expect, it } from 'vitest'
import { staff } from './composables/useSession'
import { now } from './time'
import WaterMark from './WaterMark.vue'

afterEach(() => (staff.value = null))

function drawn(name: string, username = 'shenhe-1') {
  staff.value = { username, name } as never
  now.value = Date.parse('2026-03-01T17:00:00Z')
  return mount(WaterMark)
}

it('names the reviewer, the account and the day in the exam’s time zone', () => {
  const texts = drawn('李审核').findAll('text')
  expect(texts).toHaveLength(3)
  for (const text of texts) expect(text.text()).toBe('李审核shenhe-1 2026/3/2')
})

it('says a user name without a name once', () => {
  expect(drawn('shenhe-1').get('text').text()).toBe('shenhe-12026/3/2')
})

it.each(['</text><script>alert(1)</script>', '"><img src=x>', '😀 O’Brien & Sons', 'a\u0000b\nc'])('takes any name: %j', (name) => {
  const mark = drawn(name)
  const first = mark.get('tspan').element.textContent!
  expect(first).toBe(Array.from(name.replace(/[\u0000-\u001f]/g, ' ')).slice(0, 32).join(''))
  expect(mark.findAll('script, img')).toHaveLength(0)
})

it('fits a long name into its tile', () => {
  const mark = drawn('长'.repeat(200))
  expect(mark.get('tspan').text()).toHaveLength(32)
  expect(Number(mark.get('pattern').attributes('width'))).toBeGreaterThan(32 * 15)
})
