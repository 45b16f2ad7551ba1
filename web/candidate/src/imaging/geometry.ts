/** Crop rectangles, in fractions 0..1 of the picture's width and height. */

export interface Rect {
  x: number
  y: number
  width: number
  height: number
}
export type Corner = 'nw' | 'ne' | 'sw' | 'se'

export const CORNERS: readonly Corner[] = ['nw', 'ne', 'sw', 'se']
export const WHOLE: Rect = Object.freeze({ x: 0, y: 0, width: 1, height: 1 })
/** Smaller than this nobody wants to crop, and the corners could no longer be told apart by a finger. */
export const LEAST = 0.15

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** The whole rectangle moved, kept inside the picture. */
export function moved(rect: Rect, dx: number, dy: number): Rect {
  return { ...rect, x: clamp(rect.x + dx, 0, 1 - rect.width), y: clamp(rect.y + dy, 0, 1 - rect.height) }
}

/** One corner moved, kept inside the picture; the opposite corner stays. */
export function resized(rect: Rect, corner: Corner, dx: number, dy: number): Rect {
  let left = rect.x
  let top = rect.y
  let right = left + rect.width
  let bottom = top + rect.height
  if (corner.endsWith('w')) left = clamp(left + dx, 0, right - LEAST)
  else right = clamp(right + dx, left + LEAST, 1)
  if (corner.startsWith('n')) top = clamp(top + dy, 0, bottom - LEAST)
  else bottom = clamp(bottom + dy, top + LEAST, 1)
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/** The largest rectangle of a shape, in the middle. `ratio`: width to height, both as fractions of the picture's. */
export function shaped(ratio: number): Rect {
  const width = Math.min(1, ratio)
  const height = width / ratio
  return { x: (1 - width) / 2, y: (1 - height) / 2, width, height }
}

/** One corner moved, as far as the shape allows, kept inside the picture; the opposite corner stays. */
export function resizedAs(ratio: number, rect: Rect, corner: Corner, dx: number, dy: number): Rect {
  const west = corner.endsWith('w')
  const north = corner.startsWith('n')
  const across = west ? -dx : dx
  const along = (north ? -dy : dy) * ratio
  const right = rect.x + rect.width
  const bottom = rect.y + rect.height
  const most = Math.min(west ? right : 1 - rect.x, ratio * (north ? bottom : 1 - rect.y))
  const least = Math.min(most, LEAST * Math.max(1, ratio))
  const width = clamp(rect.width + (Math.abs(across) < Math.abs(along) ? along : across), least, most)
  const height = width / ratio
  return { x: west ? right - width : rect.x, y: north ? bottom - height : rect.y, width, height }
}

/** The same part of the picture after it has been turned clockwise by so many quarters; negative: anticlockwise. */
export function turned(rect: Rect, quarters: number): Rect {
  const { x, y, width, height } = rect
  switch (quarterOf(quarters)) {
    case 1:
      return { x: 1 - y - height, y: x, width: height, height: width }
    case 2:
      return { x: 1 - x - width, y: 1 - y - height, width, height }
    case 3:
      return { x: y, y: 1 - x - width, width: height, height: width }
    default:
      return { ...rect }
  }
}

/** 0..3. */
export function quarterOf(turns: number): number {
  return ((turns % 4) + 4) % 4
}

export function isWhole({ width, height }: Rect): boolean {
  return width > 0.999 && height > 0.999
}
