/** The arithmetic of the image viewer. Sizes in CSS pixels; `zoom` 1 fits the image into the stage. */

export interface View {
  zoom: number
  /** Quarter turns clockwise: 0, 1, 2, 3. */
  turns: number
  /** Offset of the image's centre from the stage's. */
  x: number
  y: number
}

export interface Size {
  width: number
  height: number
}

export const MAX_SCALE = 6
const MARGIN = 12

export function fitted(): View {
  return { zoom: 1, turns: 0, x: 0, y: 0 }
}

/** The size that the image takes up when it is turned. */
export function turned(image: Size, turns: number): Size {
  return turns % 2 ? { width: image.height, height: image.width } : image
}

/** The scale at which the turned image fits into the stage; small images are not blown up beyond twice their size. */
export function fitScale(image: Size, stage: Size, turns: number): number {
  const { width, height } = turned(image, turns)
  if (!width || !height || stage.width <= MARGIN || stage.height <= MARGIN) return 1
  return Math.min((stage.width - MARGIN) / width, (stage.height - MARGIN) / height, 2)
}

/** Zooms by `factor` so that the point (`px`, `py`), measured from the stage's centre, stays where it is. */
export function zoomAt(view: View, factor: number, fit: number, px = 0, py = 0): View {
  const zoom = Math.min(Math.max(view.zoom * factor, Math.min(1, 0.25 / fit)), Math.max(1, MAX_SCALE / fit))
  const ratio = zoom / view.zoom
  return { ...view, zoom, x: px - (px - view.x) * ratio, y: py - (py - view.y) * ratio }
}

/** Keeps the image in sight: centred where it fits, otherwise no further than its edge at the stage's middle. */
export function clamped(view: View, image: Size, stage: Size): View {
  const scale = view.zoom * fitScale(image, stage, view.turns)
  const { width, height } = turned(image, view.turns)
  const limit = (length: number, room: number) => (length * scale <= room ? 0 : (length * scale) / 2)
  const within = (value: number, max: number) => Math.min(Math.max(value, -max), max)
  return { ...view, x: within(view.x, limit(width, stage.width)), y: within(view.y, limit(height, stage.height)) }
}

/** One turn clockwise (1) or counter-clockwise (-1); the image fits again, because its shape has changed. */
export function turn(view: View, by: 1 | -1): View {
  return { ...fitted(), turns: (view.turns + by + 4) % 4 }
}

/** How much a turn of the wheel zooms. Pinching on a trackpad comes as small steps with Ctrl. */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }: Pick<WheelEvent, 'deltaY' | 'deltaMode' | 'ctrlKey'>): number {
  const pixels = deltaY * (deltaMode === 1 ? 33 : deltaMode === 2 ? 400 : 1)
  const most = ctrlKey ? 25 : 100
  return Math.exp(-Math.max(-most, Math.min(pixels, most)) * (ctrlKey ? 0.01 : 0.002))
}
