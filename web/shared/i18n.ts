/** Chinese first, English on request: the chosen language, and two small ways to pick a text. */
import { ref, shallowRef, watchEffect } from 'vue'
import type { Text } from './contract'
import { storedLanguage, storeLanguage, type Language } from './language'

export type { Language }

export const language = ref<Language>(storedLanguage())

/** English by Chinese, for texts whose English the build has put into a file of its own. */
export const dictionary = shallowRef<Record<string, string>>({})

watchEffect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
})

export function setLanguage(value: Language): void {
  language.value = value
  storeLanguage(value)
}

/** A text that says which request it is about, for the help desk. */
export interface Referring extends Text {
  reference?: string
}

/** What stands behind such a text, in every language. */
export function referenceOf(text: Referring): string {
  return text.reference ? ` #${text.reference}` : ''
}

/** The text in the chosen language, or in the other one if there is none. */
export function pick(text: Referring | null | undefined): string {
  if (!text) return ''
  return chosenOf(text) + referenceOf(text)
}

function chosenOf(text: Text): string {
  return language.value === 'en' ? text.en || dictionary.value[text.zh] || text.zh : text.zh || text.en
}

/** A page's own texts: `const t = texts({ hello: ['你好，{name}', 'Hello {name}'] })`, `t('hello', { name })`. */
export function texts<Key extends string>(table: Record<Key, readonly [string, string]>) {
  return (key: Key, values: Record<string, string | number> = {}): string =>
    chosen(table[key]).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

/** Built, a text is the Chinese alone. */
function chosen(text: readonly [string, string] | string): string {
  const [zh, en] = typeof text === 'string' ? [text, dictionary.value[text] ?? text] : text
  return language.value === 'zh' ? zh : en
}
