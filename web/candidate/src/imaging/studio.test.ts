import { describe, expect, it } from 'vitest'
import { createStudio, UNCHANGED, type Edit } from './studio'

const MAX = 204_800

/** A studio of a picture of 3000×4000; its JPEGs have `perPixel` bytes a pixel at the best quality. */
function studio(perPixel = 0.2) {
  const context = { fillRect() {}, translate() {}, rotate() {}, drawImage() {}, setTransform() {} }
  const canvas = (width: number, height: number) =>
    Object.assign(Object.create(null), { width, height, getContext: () => context }) as HTMLCanvasElement
  const jpeg = ({ width, height }: HTMLCanvasElement, quality: number) =>
    Promise.resolve(new Blob([new Uint8Array(Math.round(width * height * perPixel * quality))]))
  const made = createStudio({ image: canvas(3000, 4000), width: 3000, height: 4000 }, { canvas, jpeg })
  const part = (width: number): Edit => ({
    turns: 0,
    crop: { x: 0, y: 0, width, height: (width * 3000 * 441) / 358 / 4000 },
    size: [358, 441],
  })
  return { made, part }
}

describe('an image of an exact size', () => {
  it.each([1, 0.5, 0.13])('has it, whatever part of the picture it is: %f', async (width) => {
    const { made, part } = studio()
    expect(await made.make(part(width), MAX)).toMatchObject({ finding: 'good', width: 358, height: 441 })
  })

  it('has it when the quality has to go down, and is refused rather than made smaller', async () => {
    const { made, part } = studio(2)
    const { blob, ...rest } = await made.make(part(1), MAX)
    expect(rest).toEqual({ finding: 'good', width: 358, height: 441 })
    expect(blob!.size).toBeLessThanOrEqual(MAX)
    expect(await studio(9).made.make(part(1), MAX)).toMatchObject({ finding: 'unfit', blob: null })
  })

  it('is not blown up by more than a third', async () => {
    const { made, part } = studio()
    expect(await made.make(part(270 / 3000), MAX)).toMatchObject({ finding: 'good', width: 358, height: 441 })
    expect(await made.make(part(267 / 3000), MAX)).toMatchObject({ finding: 'tiny', blob: null, width: 267 })
  })

  it('is not asked of others', async () => {
    expect(await studio().made.make(UNCHANGED, MAX)).toMatchObject({ finding: 'good' })
    expect((await studio().made.make(UNCHANGED, MAX)).width).toBeGreaterThan(900)
  })
})
