/**
 * The arithmetic of boxes on an image. A region is in fractions of the unturned image, so it means the same whatever the
 * view; points on the stage are in CSS pixels from its centre, as in zoom.ts.
 */
import type { Region } from './draft'
import type { Size, View } from './zoom'

export interface Point {
  x: number
  y: number
}

/** Where the corners of a box are, as it is seen: 0 left or top, 1 right or bottom. */
export type Corner = readonly [0 | 1, 0 | 1]

export const CORNERS: readonly Corner[] = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
]
/** The smallest box, as wide and as high. */
export const LEAST = 0.01
/** Where a box begins that is moved by keys. */
export const MIDDLE: Readonly<Region> = [0.35, 0.4, 0.65, 0.6]

const within = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high)
const round = (value: number) => Math.round(value * 1e4) / 1e4

/** The vector turned clockwise by so many quarters. */
function turnedBy({ x, y }: Point, turns: number): Point {
  switch (((turns % 4) + 4) % 4) {
    case 1:
      return { x: -y, y: x }
    case 2:
      return { x: -x, y: -y }
    case 3:
      return { x: y, y: -x }
    default:
      return { x, y }
  }
}

/** The place on the image, in fractions, under a point of the stage; outside 0..1 beside the image. */
export function toImage(point: Point, view: View, image: Size, fit: number): Point {
  const moved = deltaToImage({ x: point.x - view.x, y: point.y - view.y }, view, image, fit)
  return { x: moved.x + 0.5, y: moved.y + 0.5 }
}

/** The point of the stage over a place on the image. */
export function toStage(place: Point, view: View, image: Size, fit: number): Point {
  const scale = view.zoom * fit
  const centred = { x: (place.x - 0.5) * image.width * scale, y: (place.y - 0.5) * image.height * scale }
  const seen = turnedBy(centred, view.turns)
  return { x: seen.x + view.x, y: seen.y + view.y }
}

/** How far a movement on the stage goes on the image, in fractions. */
export function deltaToImage(delta: Point, view: View, image: Size, fit: number): Point {
  const scale = view.zoom * fit
  const { x, y } = turnedBy(delta, -view.turns)
  return { x: x / (image.width * scale), y: y / (image.height * scale) }
}

/** The region as it lies on the stage. */
export function onStage(region: Region, view: View, image: Size, fit: number): { left: number; top: number } & Size {
  const a = toStage({ x: region[0], y: region[1] }, view, image, fit)
  const b = toStage({ x: region[2], y: region[3] }, view, image, fit)
  const [left, top] = [Math.min(a.x, b.x), Math.min(a.y, b.y)]
  return { left, top, width: Math.max(a.x, b.x) - left, height: Math.max(a.y, b.y) - top }
}

/** The corner of the region that is seen as `corner`, as a place on the image. */
export function cornerOf(region: Region, [right, bottom]: Corner, turns: number): Point {
  const { x, y } = turnedBy({ x: right - 0.5, y: bottom - 0.5 }, -turns)
  return { x: x < 0 ? region[0] : region[2], y: y < 0 ? region[1] : region[3] }
}

/** The box between two places, kept on the image and as large as the smallest one. */
export function between(a: Point, b: Point): Region {
  const [left, right] = side(a.x, b.x)
  const [top, bottom] = side(a.y, b.y)
  return [left, top, right, bottom]
}

function side(from: number, to: number): [number, number] {
  const low = round(within(Math.min(from, to), 0, 1 - LEAST))
  return [low, round(within(Math.max(from, to), low + LEAST, 1))]
}

/** The box moved by fractions of the image, kept on it. */
export function moved([left, top, right, bottom]: Region, { x, y }: Point): Region {
  const newLeft = within(left + x, 0, 1 - (right - left))
  const newTop = within(top + y, 0, 1 - (bottom - top))
  return [round(newLeft), round(newTop), round(newLeft + right - left), round(newTop + bottom - top)]
}

/** The corner that is seen as `corner` put elsewhere; the opposite one stays, and may be passed. */
export function resized(region: Region, corner: Corner, turns: number, to: Point): Region {
  const opposite: Corner = [corner[0] ? 0 : 1, corner[1] ? 0 : 1]
  return between(cornerOf(region, opposite, turns), to)
}

/** The corner that is seen bottom right moved, as keys do it: it stops before the opposite one. */
export function stretched(region: Region, turns: number, by: Point): Region {
  const fixed = cornerOf(region, [0, 0], turns)
  const loose = cornerOf(region, [1, 1], turns)
  const stop = (held: number, from: number, delta: number) =>
    from > held ? within(from + delta, held + LEAST, 1) : within(from + delta, 0, held - LEAST)
  return between(fixed, { x: stop(fixed.x, loose.x, by.x), y: stop(fixed.y, loose.y, by.y) })
}

/** In whole percent, for words: from the left, from the top, width, height. */
export function percents([left, top, right, bottom]: Region) {
  const percent = (part: number) => Math.round(part * 100)
  return { x: percent(left), y: percent(top), w: percent(right - left), h: percent(bottom - top) }
}
