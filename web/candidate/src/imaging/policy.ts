/**
 * How an image is made to fit: as large as possible first, because small print has to stay legible, then lower quality,
 * then smaller. Measured on photos of documents: an edge of 2000 px keeps more legible than a higher quality does.
 */

export const START_EDGE = 2000
const BEST = 0.92
const WORST = 0.5
const SHRINK = 0.84
const SMALLEST_EDGE = 480

/** Makes the image with its longer edge at most `edge` pixels and the JPEG quality given. */
export type Encode = (edge: number, quality: number) => Promise<Blob>

/** The image of at most `maxBytes`; null if it cannot be made that small. `longest` is its longer edge in pixels. */
export async function fit(encode: Encode, longest: number, maxBytes: number): Promise<Blob | null> {
  for (let edge = Math.min(START_EDGE, longest); ; edge = Math.round(edge * SHRINK)) {
    const found = await bestQuality((quality) => encode(edge, quality), maxBytes)
    if (found) return found
    if (edge * SHRINK < Math.min(SMALLEST_EDGE, longest)) return null
  }
}

async function bestQuality(encode: (quality: number) => Promise<Blob>, maxBytes: number): Promise<Blob | null> {
  const best = await encode(BEST)
  if (best.size <= maxBytes) return best
  let found = await encode(WORST)
  if (found.size > maxBytes) return null
  let low = WORST
  let high = BEST
  for (let step = 0; step < 3; step++) {
    const middle = (low + high) / 2
    const image = await encode(middle)
    if (image.size <= maxBytes) {
      found = image
      low = middle
    } else {
      high = middle
    }
  }
  return found
}

/** Width and height with the longer edge at most `edge`. */
export function scaled(width: number, height: number, edge: number): [number, number] {
  const factor = Math.min(1, edge / Math.max(width, height))
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))]
}
