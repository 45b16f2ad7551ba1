/** Which language this device has chosen: Chinese unless somebody has asked for English. */
export type Language = 'zh' | 'en'

const KEY = 'songshen.language'

export function storedLanguage(): Language {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh'
  }
}

export function storeLanguage(value: Language): void {
  try {
    localStorage.setItem(KEY, value)
  } catch {
    /* then it holds until the reload */
  }
}
