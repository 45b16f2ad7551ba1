import { describe, expect, it } from 'vitest'
import { edgeOf, fit, floorOf, isTiny, judge, scaled, START_EDGE, type Encode } from './policy'
import { declared, formatOf, hasEnd } from './sniff'

const MAX = 204_800

/** An encoder whose output has `bytesPerPixel` at full quality, in proportion to quality, and that counts. */
function encoder(bytesPerPixel: number): { encode: Encode; tried: [number, number][] } {
  const tried: [number, number][] = []
  const encode: Encode = async (edge, quality) => {
    tried.push([edge, quality])
    return { size: Math.round(edge * edge * 0.75 * bytesPerPixel * quality), quality } as unknown as Blob
  }
  return { encode, tried }
}

describe('fitting an image', () => {
  it('keeps what fits at the largest size and best quality, in one step', async () => {
    const { encode, tried } = encoder(0.05)
    expect(await fit(encode, 4000, 1200, MAX)).toMatchObject({ edge: START_EDGE, blob: { quality: 0.92 } })
    expect(tried).toHaveLength(1)
  })

  it('never makes a small image larger', async () => {
    expect(await fit(encoder(0.05).encode, 900, 675, MAX)).toMatchObject({ edge: 900 })
  })

  it('lowers the quality before the size, because small print has to stay legible', async () => {
    const image = await fit(encoder(0.1).encode, 4000, 1200, MAX)
    expect(image).toMatchObject({ edge: START_EDGE })
    expect(image!.blob.size).toBeLessThanOrEqual(MAX)
    expect(image!.blob.size).toBeGreaterThan(MAX * 0.85)
  })

  it('then makes it smaller, in few steps', async () => {
    const { encode, tried } = encoder(0.3)
    const image = await fit(encode, 4000, 1200, MAX)
    expect(image!.edge).toBeLessThan(START_EDGE)
    expect(image!.blob.size).toBeLessThanOrEqual(MAX)
    expect(image!.blob.size).toBeGreaterThan(MAX * 0.6)
    expect(tried.length).toBeLessThanOrEqual(9)
  })

  it('but never smaller than can be read', async () => {
    const { encode, tried } = encoder(0.8)
    expect(await fit(encode, 4000, 1200, MAX)).toBeNull()
    expect(Math.min(...tried.map(([edge]) => edge))).toBe(1200)
  })
})

describe('sizes', () => {
  it('keep the proportions and have the area of a 4:3 picture of that edge', () => {
    expect(scaled(4000, 3000, 2000)).toEqual([2000, 1500])
    expect(scaled(3000, 4000, 2000)).toEqual([1500, 2000])
    expect(scaled(300, 400, 2000)).toEqual([300, 400])
    expect(scaled(10_000, 2, 20)).toEqual([1225, 1])
  })

  it('leave a long screenshot wide enough to be read', () => {
    expect(scaled(1080, 12_000, 2000)).toEqual([520, 5774])
  })

  it('count as the edge of a 4:3 picture', () => {
    expect([edgeOf(4000, 3000), edgeOf(3000, 4000), edgeOf(1000, 1000)]).toEqual([4000, 4000, 1155])
  })
})

describe('legibility', () => {
  it.each([
    ['a whole photo', 4000, 4000, 1200],
    ['a crop, as small as it would be in the whole photo', 3000, 4000, 900],
    ['a small crop', 1000, 4000, 600],
    ['a small original, a little', 1000, 1000, 750],
    ['a very small one, not at all', 500, 500, 500],
  ])('how small it may be made: %s', (_, full, whole, floor) => expect(floorOf(full, whole)).toBe(floor))

  it.each([
    ['a photo that fits at its best', 2000, 4000, 'good'],
    ['one that had to be made small', 1400, 4000, 'small'],
    ['a scan of a certificate, as it is', 1200, 1200, 'good'],
    ['a small scan, as it is', 700, 700, 'small'],
  ])('%s', (_, made, full, finding) => expect(judge(made, full)).toBe(finding))

  it.each([
    ['a small scan, whole', 700, 500, 700, 500, false],
    ['a very small one, whole', 400, 300, 400, 300, false],
    ['a card cropped from a photo', 900, 570, 4000, 3000, false],
    ['a crop with too few pixels', 550, 350, 4000, 3000, true],
    ['a very small one, cropped', 300, 250, 400, 300, true],
    ['what the server refuses', 900, 199, 900, 199, true],
  ])('%s', (_, cropWidth, cropHeight, width, height, tiny) =>
    expect(isTiny(cropWidth, cropHeight, width, height)).toBe(tiny),
  )
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
    ['empty', ''],
  ])('%s', (format, head) => expect(formatOf(bytes(head))).toBe(format))

  it.each([
    ['jpeg', '\xff\xd8\xff\xe1\x00\x06\xff\xc0\x00\x00\xff\xff\xc2\x00\x11\x08\x17\x70\x1f\x40\x03', 48_000_000],
    ['jpeg that ends early', '\xff\xd8\xff\xe1\x40\x00', 0],
    ['png', '\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x75\x30\x00\x00\x75\x30', 900_000_000],
    ['pdf', '%PDF-1.7', 0],
  ])('how many pixels a %s says it has', (_, head, pixels) => expect(declared(bytes(head)).pixels).toBe(pixels))

  const HEAD = '\xff\xd8\xff\xe1\x00\x06\xff\xd9\x00\x00\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03'
  it.each([
    ['a whole JPEG', `${HEAD}picture\xff\xd9`, true],
    ['a JPEG with a film behind it', `${HEAD}picture\xff\xd9${'film'.repeat(600_000)}`, true],
    ['a JPEG of which the end is missing', `${HEAD}pict${'ure'.repeat(700_000)}`, false],
    ['a whole PNG', '\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00IEND\xae', true],
    ['a PNG cut off', '\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00IE', false],
  ])('%s: whether it is complete', async (_, text, complete) => {
    const file = bytes(text)
    const read = async (part: Blob) => new Uint8Array(await part.arrayBuffer())
    expect(await hasEnd(new Blob([file]), file.subarray(0, 256), read)).toBe(complete)
  })
})
