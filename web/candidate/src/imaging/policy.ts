/**
 * How an image is made to fit: as large as possible first, because small print has to stay legible, then lower quality,
 * then smaller, but never so small that it cannot be read.
 *
 * Sizes are given as an "edge": the longer edge of a 4:3 picture with the same area. Bytes go with the area, and a long
 * screenshot is not made as narrow as its longer edge would ask for.
 *
 * The numbers come from `python -m bench.images --policies` and docs/decisions/0009: of a 12 megapixel photo of a page full
 * of text, made to fit 204,800 bytes, more can be read at a large edge and a low quality than the other way round. A Chinese
 * character needs 11 px of its own, a Latin letter 7: print of 7.5 points on A4 has 11 px at an edge of 1200, the ordinary
 * 10.5 points have 15. An identity card that fills the picture has such print at half of that edge. A still lower quality
 * would read better yet; it stops where it does for the sake of faces and seals, which that bench does not look at.
 */

export const START_EDGE = 2000
const BEST = 0.92
const WORST = 0.35
/** Below this small print suffers: a warning, if it is this program that made it smaller. */
const CLEAR_EDGE = 1500
/** Below this a page that fills the picture cannot be read: no whole picture is made smaller than this. */
const FLOOR_EDGE = 1200
/** An original of this size shows a card or a certificate well enough. */
const MODEST_EDGE = 1000
/** Smaller than this not even a card that fills the picture can be read. */
const CROP_EDGE = 600
/** What the server asks of the shorter edge. */
const SHORTEST = 200

/** `small`: to be looked at again. Not to be sent: `tiny`, too few pixels; `unfit`, too many bytes to be still legible. */
export type Finding = 'good' | 'small' | 'tiny' | 'unfit'

/** Makes the image of the edge and the JPEG quality given. */
export type Encode = (edge: number, quality: number) => Promise<Blob>

export interface Fitted {
  blob: Blob
  edge: number
}

/** The largest edge and the lowest quality that are tried. */
export interface Limits {
  start: number
  worst: number
}

/** The image of at most `maxBytes`; null if it would have to be smaller than `floor`. `full` is the edge it has. */
export async function fit(
  encode: Encode,
  full: number,
  floor: number,
  maxBytes: number,
  { start, worst: lowest }: Limits = { start: START_EDGE, worst: WORST },
): Promise<Fitted | null> {
  let edge = Math.min(start, full)
  for (;;) {
    const best = await encode(edge, BEST)
    if (best.size <= maxBytes) return { blob: best, edge }
    const worst = await encode(edge, lowest)
    if (worst.size <= maxBytes) {
      return { blob: await between((quality) => encode(edge, quality), worst, lowest, maxBytes), edge }
    }
    if (edge <= floor) return null
    // Bytes go with the area; always a step, never past the size that is likely to fit.
    const factor = Math.min(0.92, Math.max(0.5, Math.sqrt(maxBytes / worst.size)))
    edge = Math.max(floor, Math.round(edge * factor))
  }
}

/** An image whose size is given: only the quality is left to choose. `edge` is handed on. Null if none fits. */
export function fitExactly(encode: Encode, edge: number, maxBytes: number): Promise<Fitted | null> {
  return fit(encode, edge, edge, maxBytes, { start: edge, worst: WORST })
}

/** Whether the part of the picture, so many pixels wide, would have to be blown up by more than a third. */
export function isTooSmallFor([width]: [number, number], cropWidth: number): boolean {
  return cropWidth < width * 0.75
}

/** The best quality that fits, by halving; `worst`, of the quality `low`, is known to fit. */
async function between(
  encode: (quality: number) => Promise<Blob>,
  worst: Blob,
  low: number,
  maxBytes: number,
): Promise<Blob> {
  let found = worst
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

/**
 * How small a crop of the edge `full` may be made, from a picture of the edge `whole`: its print may become as small as
 * it may be in the whole picture. So cropping always helps. What is small already is made a little smaller, no more.
 */
export function floorOf(full: number, whole: number): number {
  return Math.min(full, Math.max(CROP_EDGE, Math.round(full * Math.min(0.75, FLOOR_EDGE / whole))))
}

/**
 * Whether there is anything to read in what was cropped. Only cropping is refused, and what the server refuses:
 * a small original may be all that somebody has, and is for a reviewer to judge.
 */
export function isTiny(cropWidth: number, cropHeight: number, width: number, height: number): boolean {
  if (Math.min(cropWidth, cropHeight) < SHORTEST) return true
  return edgeOf(cropWidth, cropHeight) < Math.min(CROP_EDGE, edgeOf(width, height))
}

/** What to say about an image of the edge `made`, of something that had `full`. */
export function judge(made: number, full: number): Finding {
  return made < (made < full ? CLEAR_EDGE : MODEST_EDGE) ? 'small' : 'good'
}

export function edgeOf(width: number, height: number): number {
  return Math.ceil(Math.sqrt((width * height * 4) / 3))
}

/** Width and height, in proportion, of the edge given; never larger than it is. */
export function scaled(width: number, height: number, edge: number): [number, number] {
  const factor = Math.min(1, edge / Math.sqrt((width * height * 4) / 3))
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))]
}
