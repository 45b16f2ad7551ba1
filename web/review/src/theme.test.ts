import { nextTick } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

let tell: (event: { matches: boolean }) => void
const isDark = () => document.documentElement.classList.contains('dark')

function opened(systemIsDark: boolean) {
  vi.resetModules()
  const addEventListener = (_: string, heard: typeof tell) => (tell = heard)
  vi.stubGlobal('matchMedia', () => ({ matches: systemIsDark, addEventListener }))
  return import('./theme')
}

beforeEach(() => localStorage.clear())
afterEach(() => document.documentElement.classList.remove('dark'))

it('follows the system, also when that changes', async () => {
  await opened(true)
  expect(isDark()).toBe(true)
  tell({ matches: false })
  await nextTick()
  expect(isDark()).toBe(false)
})

it('remembers what was chosen, whatever the system does', async () => {
  const { setTheme } = await opened(false)
  setTheme('dark')
  await nextTick()
  expect(isDark()).toBe(true)
  const { theme } = await opened(false)
  expect([theme.value, isDark()]).toEqual(['dark', true])
  tell({ matches: false })
  await nextTick()
  expect(isDark()).toBe(true)
})

it('takes nonsense in the storage for no choice', async () => {
  localStorage.setItem('songshen.theme', 'pink')
  const { theme } = await opened(false)
  expect([theme.value, isDark()]).toEqual(['system', false])
})
