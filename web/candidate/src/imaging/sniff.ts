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

/** How many pixels a JPEG or PNG says it has; 0 where its head does not get so far. */
export function declaredPixels(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  try {
    if (formatOf(head) === 'png') return view.getUint32(16) * view.getUint32(20)
    if (formatOf(head) !== 'jpeg') return 0
    for (let at = 2; view.getUint8(at) === 0xff; ) {
      const marker = view.getUint8(at + 1)
      // The frame headers, SOF0 to SOF15, without the three other segments among them.
      if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
        return view.getUint16(at + 5) * view.getUint16(at + 7)
      }
      // A marker may be filled up with 0xff before it.
      at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2)
    }
  } catch {
    // It ends here.
  }
  return 0
}
