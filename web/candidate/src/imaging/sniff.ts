/** What a file really is, by its first bytes: names and types that phones give are often wrong. */

export type Format = 'jpeg' | 'png' | 'heic' | 'pdf' | 'other'

export function formatOf(head: Uint8Array): Format {
  const ascii = String.fromCharCode(...head)
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg'
  if (ascii.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (/^.{4}ftyp(hei|hev|mif|msf)/s.test(ascii)) return 'heic'
  if (ascii.startsWith('%PDF')) return 'pdf'
  return 'other'
}
