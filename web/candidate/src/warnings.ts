/** What the image checks noticed without refusing the image. */
import type { Text } from '../../shared/contract'

const KNOWN: Record<string, Text> = {
  blank: { zh: '图片可能是空白的，请点开确认。', en: 'The image may be blank. Open it and check.' },
  dark: { zh: '图片可能太暗，请点开确认文字清晰可辨。', en: 'The image may be too dark. Open it and check that it can be read.' },
  blurred: { zh: '图片可能模糊，请点开确认文字清晰可辨。', en: 'The image may be blurred. Open it and check that it can be read.' },
}
const OTHER: Text = {
  zh: '图片可能不够清晰，请点开确认文字清晰可辨。',
  en: 'The image may be hard to read. Open it and check.',
}

export function warningText(code: string): Text {
  return KNOWN[code] ?? OTHER
}
