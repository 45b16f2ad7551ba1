import { describe, expect, it } from 'vitest'
import { fit, scaled, START_EDGE, type Encode } from './policy'
import { formatOf } from './sniff'

const MAX = 204_800

/** An encoder whose output has `bytesPerPixel` at full quality, in proportion to quality, and that counts. */
function encoder(bytesPerPixel: number): { encode: Encode; tried: [number, number][] } {
  const tried: [number, number][] = []
  const encode: Encode = async (edge, quality) => {
    tried.push([edge, quality])
    return { size: Math.round(edge * edge * 0.75 * bytesPerPixel * quality), edge, quality } as unknown as Blob
  }
  return { encode, tried }
}

describe('fitting an image', () => {
  it('keeps what fits at the largest size and best quality, in one step', async () => {
    const { encode, tried } = encoder(0.05)
    expect(await fit(encode, 4000, MAX)).toMatchObject({ edge: START_EDGE, quality: 0.92 })
    expect(tried).toHaveLength(1)
  })

  it('never makes a small image larger', async () => {
    expect(await fit(encoder(0.05).encode, 900, MAX)).toMatchObject({ edge: 900 })
  })

  it('lowers the quality before the size, because small print has to stay legible', async () => {
    const image = await fit(encoder(0.1).encode, 4000, MAX)
    expect(image).toMatchObject({ edge: START_EDGE })
    expect(image!.size).toBeLessThanOrEqual(MAX)
    expect(image!.size).toBeGreaterThan(MAX * 0.85)
  })

  it('then makes it smaller, in few steps', async () => {
    const { encode, tried } = encoder(0.8)
    const image = await fit(encode, 4000, MAX)
    expect(image!.size).toBeLessThanOrEqual(MAX)
    expect(image!.size).toBeGreaterThan(MAX * 0.6)
    expect(tried.length).toBeLessThanOrEqual(9)
  })

  it('says so when it cannot', async () => {
    expect(await fit(encoder(20).encode, 4000, MAX)).toBeNull()
  })

  it('keeps the proportions', () => {
    expect(scaled(4000, 3000, 2000)).toEqual([2000, 1500])
    expect(scaled(300, 400, 2000)).toEqual([300, 400])
    expect(scaled(10_000, 2, 1000)).toEqual([1000, 1])
  })
})

describe('what a file is', () => {
  const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

  it.each([
    ['jpeg', '\xff\xd8\xff\xe0\x00\x10JFIF'],
    ['png', '\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR'],
    ['heic', '\x00\x00\x00\x18ftypheic\x00\x00'],
    ['heic', '\x00\x00\x00\nftypmif1\x00\x00'],
    ['pdf', '%PDF-1.7'],
    ['other', 'GIF89a'],
    ['other', ''],
  ])('%s', (format, head) => expect(formatOf(bytes(head))).toBe(format))
})
