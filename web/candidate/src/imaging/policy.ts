/**
 * How an image is made to fit: as large as possible first, because small print has to stay legible, then lower quality,
 * then smaller. Measured on photos of documents: an edge of 2000 px keeps more legible than a higher quality does.
 */

export const START_EDGE = 2000
const BEST = 0.92
const WORST = 0.5
const SMALLEST_EDGE = 480

/** Makes the image with its longer edge at most `edge` pixels and the JPEG quality given. */
export type Encode = (edge: number, quality: number) => Promise<Blob>

/** The image of at most `maxBytes`; null if it cannot be made that small. `longest` is its longer edge in pixels. */
export async function fit(encode: Encode, longest: number, maxBytes: number): Promise<Blob | null> {
  let edge = Math.min(START_EDGE, longest)
  for (;;) {
    const best = await encode(edge, BEST)
    if (best.size <= maxBytes) return best
    const worst = await encode(edge, WORST)
    if (worst.size <= maxBytes) return between((quality) => encode(edge, quality), worst, maxBytes)
    if (edge <= SMALLEST_EDGE) return null
    // Bytes go with the area; always a step, never past the size that is likely to fit.
    const factor = Math.min(0.92, Math.max(0.5, Math.sqrt(maxBytes / worst.size)))
    edge = Math.max(SMALLEST_EDGE, Math.round(edge * factor))
  }
}

/** The best quality that fits, by halving; `worst` is the one that is known to fit. */
async function between(encode: (quality: number) => Promise<Blob>, worst: Blob, maxBytes: number): Promise<Blob> {
  let found = worst
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
