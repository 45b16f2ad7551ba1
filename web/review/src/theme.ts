/** Light or dark: as the system has it, or as the reviewer chose on this computer. */
import { ref, watchEffect } from 'vue'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'songshen.theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const systemDark = ref(system.matches)
system.addEventListener('change', (event) => (systemDark.value = event.matches))

export const theme = ref<Theme>(stored())

watchEffect(() => {
  const dark = theme.value === 'system' ? systemDark.value : theme.value === 'dark'
  document.documentElement.classList.toggle('dark', dark)
})

export function setTheme(chosen: Theme): void {
  theme.value = chosen
  try {
    localStorage.setItem(KEY, chosen)
  } catch {
    /* then it holds until the reload */
  }
}

function stored(): Theme {
  try {
    return THEMES.find((one) => one === localStorage.getItem(KEY)) ?? 'system'
  } catch {
    return 'system'
  }
}
