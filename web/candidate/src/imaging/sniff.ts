/** What a file really is, by its first bytes: names and types that phones give are often wrong. */

export type Format = 'jpeg' | 'png' | 'heic' | 'pdf' | 'empty' | 'other'

/** So many first bytes say what a file is and, as a rule, how large its picture is. */
export const HEAD_BYTES = 256 * 1024

export function formatOf(head: Uint8Array): Format {
  const ascii = String.fromCharCode(...head.subarray(0, 16))
  if (!head.length) return 'empty'
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg'
  if (ascii.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (/^.{4}ftyp(hei|hev|mif|msf)/s.test(ascii)) return 'heic'
  if (ascii.startsWith('%PDF')) return 'pdf'
  return 'other'
}

/** How many pixels a JPEG or PNG says it has, and where it says so; zeros where its head does not get so far. */
export function declared(head: Uint8Array): { pixels: number; at: number } {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  try {
    const format = formatOf(head)
    if (format === 'png') return { pixels: view.getUint32(16) * view.getUint32(20), at: 16 }
    for (let at = 2; format === 'jpeg' && view.getUint8(at) === 0xff; ) {
      const marker = view.getUint8(at + 1)
      // The frame headers, SOF0 to SOF15, without the three other segments among them.
      if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
        return { pixels: view.getUint16(at + 5) * view.getUint16(at + 7), at }
      }
      // A marker may be filled up with 0xff before it.
      at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2)
    }
  } catch {
    // It ends here.
  }
  return { pixels: 0, at: 0 }
}

const STEP = 1024 * 1024

/**
 * Whether a JPEG or PNG has an end. Browsers show grey for what is missing of a photo that was not copied completely.
 * Phones put films and more behind the end, so that it is looked for backwards, up to the picture's header.
 */
export async function hasEnd(file: Blob, head: Uint8Array, read: (part: Blob) => Promise<Uint8Array>): Promise<boolean> {
  const mark = formatOf(head) === 'png' ? [0x49, 0x45, 0x4e, 0x44] : [0xff, 0xd9]
  const { at } = declared(head)
  for (let end = file.size; end > at; end -= STEP) {
    const bytes = await read(file.slice(Math.max(at, end - STEP - mark.length), end))
    for (let i = bytes.indexOf(mark[0]!); i >= 0; i = bytes.indexOf(mark[0]!, i + 1)) {
      if (mark.every((byte, offset) => bytes[i + offset] === byte)) return true
    }
  }
  return false
}
