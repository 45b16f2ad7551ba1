/**
 * A decoded picture and what is made of it: turned, cropped, encoded. The same in the worker and on the page, which bring
 * the picture and their kind of canvas.
 */
import { quarterOf, turned, WHOLE, type Rect } from './geometry'
import { edgeOf, fit, fitExactly, floorOf, isTiny, isTooSmallFor, judge, scaled, type Finding } from './policy'

export type AnyCanvas = HTMLCanvasElement | OffscreenCanvas
export type Preview = HTMLCanvasElement | ImageBitmap

/** What the candidate wants: first turned clockwise by quarters, then cropped. */
export interface Edit {
  turns: number
  crop: Rect
  /** Width and height in pixels that the image must have, whatever the part of the picture has. */
  size?: [number, number]
}
export const UNCHANGED: Edit = { turns: 0, crop: WHOLE }

/** Upright. */
export interface Source {
  image: ImageBitmap | HTMLImageElement | AnyCanvas
  width: number
  height: number
}

export interface Made {
  finding: Finding
  /** None if the finding is one that forbids to send it. */
  blob: Blob | null
  /** Of the image, or of the part of the picture if there is none. */
  width: number
  height: number
}

export interface Studio<Canvas extends AnyCanvas> {
  /** A small copy to show. */
  preview(): Canvas
  /** What is asked for later makes the earlier ones reject with `Superseded`. */
  make(edit: Edit, maxBytes: number): Promise<Made>
  close(): void
}

export class Superseded extends Error {}

interface Tools<Canvas extends AnyCanvas> {
  canvas(width: number, height: number): Canvas
  jpeg(canvas: Canvas, quality: number): Promise<Blob>
}

// Phones of Apple draw on no larger canvas; and 64 MB is as much as may stay while the picture is being edited.
const KEPT_EDGE = Math.floor(Math.sqrt((4096 * 4096 * 4) / 3))
const PREVIEW_EDGE = 1200

/** Takes the decoded picture over: it is closed here, at once if it is larger than what is kept. */
export function createStudio<Canvas extends AnyCanvas>(decoded: Source, tools: Tools<Canvas>): Studio<Canvas> {
  let latest = 0
  const { source, kept } = keep(decoded, tools)

  return {
    preview() {
      const canvas = tools.canvas(...scaled(source.width, source.height, PREVIEW_EDGE))
      draw(canvas, source, UNCHANGED)
      return canvas
    },

    async make(edit, maxBytes) {
      const id = ++latest
      const [cropWidth, cropHeight] = sizeOf(source, edit)
      const whole = { blob: null, width: cropWidth, height: cropHeight }
      const { size } = edit
      const tiny = size ? isTooSmallFor(size, cropWidth) : isTiny(cropWidth, cropHeight, source.width, source.height)
      if (tiny) return { finding: 'tiny', ...whole }
      const full = edgeOf(cropWidth, cropHeight)
      const canvas = tools.canvas(1, 1)
      let drawn = 0
      const encode = async (edge: number, quality: number) => {
        if (id !== latest) throw new Superseded()
        if (edge !== drawn) {
          ;[canvas.width, canvas.height] = size ?? scaled(cropWidth, cropHeight, edge)
          draw(canvas, source, edit)
          drawn = edge
        }
        return tools.jpeg(canvas, quality)
      }
      try {
        const fitted = size
          ? await fitExactly(encode, full, maxBytes)
          : await fit(encode, full, floorOf(full, edgeOf(source.width, source.height)), maxBytes)
        if (id !== latest) throw new Superseded()
        if (!fitted) return { finding: 'unfit', ...whole }
        const { width, height } = canvas
        return { finding: size ? 'good' : judge(fitted.edge, full), blob: fitted.blob, width, height }
      } finally {
        release(canvas)
      }
    },

    close() {
      latest++
      if (kept) release(kept)
      else if ('close' in source.image) source.image.close()
    },
  }
}

/** A bitmap that is not too large is kept as it is. A page's `<img>` is not: the browser may decode it at every drawing. */
function keep<Canvas extends AnyCanvas>(decoded: Source, tools: Tools<Canvas>): { source: Source; kept?: Canvas } {
  const { image, width, height } = decoded
  const isBitmap = 'close' in image
  const size = keptSize(width, height)
  if (isBitmap && width === size[0]) return { source: decoded }
  const kept = tools.canvas(...size)
  draw(kept, decoded, UNCHANGED)
  if (isBitmap) image.close()
  return { source: { image: kept, width: kept.width, height: kept.height }, kept }
}

export function keptSize(width: number, height: number): [number, number] {
  return scaled(width, height, KEPT_EDGE)
}

/** Some browsers hold a canvas's memory long after nobody uses it any more, unless it is made small. */
function release(canvas: AnyCanvas) {
  canvas.width = canvas.height = 0
}

/** Width and height in pixels of the part that is kept, as it is shown. */
function sizeOf(source: Source, { turns, crop }: Edit): [number, number] {
  const [width, height] = quarterOf(turns) % 2 ? [source.height, source.width] : [source.width, source.height]
  return [Math.max(1, Math.round(crop.width * width)), Math.max(1, Math.round(crop.height * height))]
}

/** Fills the canvas with the part of the picture that is kept. */
export function draw(canvas: AnyCanvas, { image, width, height }: Source, { turns, crop }: Edit): void {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null
  if (!context) throw new Error('no canvas')
  // A transparent PNG would turn black in a JPEG.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingQuality = 'high'
  const part = turned(crop, -turns)
  const [across, down] = quarterOf(turns) % 2 ? [canvas.height, canvas.width] : [canvas.width, canvas.height]
  context.translate(canvas.width / 2, canvas.height / 2)
  context.rotate((quarterOf(turns) * Math.PI) / 2)
  context.drawImage(
    image,
    part.x * width,
    part.y * height,
    part.width * width,
    part.height * height,
    -across / 2,
    -down / 2,
    across,
    down,
  )
  context.setTransform(1, 0, 0, 1, 0, 0)
}
