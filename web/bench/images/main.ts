/**
 * The page on which `python -m bench.images` prepares photos: ours as the candidate page does it, the library, and single
 * encodings to compare what the policy could choose. What came out is kept until the bench has fetched it.
 */
import library from 'browser-image-compression'
import libraryUrl from 'browser-image-compression/dist/browser-image-compression.js?url'
import { edgeOf, fit, floorOf, scaled, type Limits } from '../../candidate/src/imaging/policy'
import { openPicture } from '../../candidate/src/imaging/prepare'
import { UNCHANGED } from '../../candidate/src/imaging/studio'
import { watch } from './watch'

export interface Took {
  /** From the file to the image that would be sent. */
  ms: number
  /** The page's thread, ms: the longest time in which a timer did not fire, in which no frame came, and in one task. */
  gap: number
  frame: number
  task: number
}

/** What the example in its documentation says, with our size. Its worker comes from a CDN unless told another place. */
const EXAMPLE = { maxWidthOrHeight: 1920, fileType: 'image/jpeg', libURL: new URL(libraryUrl, location.href).href }

const way = {
  async ours(file: File, maxBytes: number): Promise<Blob> {
    const picture = await openPicture(file, maxBytes, new AbortController().signal)
    try {
      return (await picture.encode(UNCHANGED)).prepared!.blob
    } finally {
      picture.close()
    }
  },
  library(file: File, maxBytes: number): Promise<Blob> {
    return library(file, { ...EXAMPLE, maxSizeMB: maxBytes / 1024 / 1024, useWebWorker: false })
  },
  libraryWorker(file: File, maxBytes: number): Promise<Blob> {
    return library(file, { ...EXAMPLE, maxSizeMB: maxBytes / 1024 / 1024, useWebWorker: true })
  },
  /** Told nothing but the size. */
  libraryAlone(file: File, maxBytes: number): Promise<Blob> {
    const { libURL, fileType } = EXAMPLE
    return library(file, { libURL, fileType, maxSizeMB: maxBytes / 1024 / 1024, useWebWorker: true })
  },
}

let made: Blob

const chosen = (): File => document.querySelector('input')!.files![0]!

async function run(name: keyof typeof way, maxBytes: number): Promise<Took> {
  const file = chosen()
  const watched = await watch()
  const start = performance.now()
  made = await way[name](file, maxBytes)
  const ms = performance.now() - start
  return { ms, ...(await watched()) }
}

export interface Trial {
  edge: number
  /** How it is made smaller: drawn onto a canvas at once, halved until near, or by the browser's resizing decoder. */
  resize: 'draw' | 'halve' | 'bitmap'
  /** Of an unsharp mask of one pixel, 0: none. */
  sharpen: number
}

/** The image at the best quality (in hundredths) that fits; returns that quality, 0 if none does. */
async function trial({ edge, resize, sharpen }: Trial, maxBytes: number): Promise<number> {
  const canvas = await reduced(chosen(), edge, resize)
  if (sharpen) unsharp(canvas, sharpen)
  let low = 0
  let high = 93
  while (high - low > 1) {
    const middle = (low + high) >> 1
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: middle / 100 })
    if (blob.size <= maxBytes) {
      low = middle
      made = blob
    } else {
      high = middle
    }
  }
  return low / 100
}

/** What the policy would make of it with other limits; whether it made anything. */
async function policy(limits: Limits, maxBytes: number): Promise<boolean> {
  const image = await createImageBitmap(chosen())
  const encode = (edge: number, quality: number) =>
    drawn(image, ...scaled(image.width, image.height, edge)).convertToBlob({ type: 'image/jpeg', quality })
  const full = edgeOf(image.width, image.height)
  const fitted = await fit(encode, full, floorOf(full, full), maxBytes, limits)
  if (fitted) made = fitted.blob
  return fitted !== null
}

async function reduced(file: File, edge: number, resize: Trial['resize']): Promise<OffscreenCanvas> {
  let image: ImageBitmap | OffscreenCanvas = await createImageBitmap(file)
  const factor = Math.min(1, edge / Math.max(image.width, image.height))
  const width = Math.round(image.width * factor)
  const height = Math.round(image.height * factor)
  if (resize === 'bitmap') {
    image = await createImageBitmap(image, { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' })
  }
  if (resize === 'halve') {
    while (image.width >= 2 * width) image = drawn(image, image.width / 2, image.height / 2)
  }
  return drawn(image, width, height)
}

function drawn(image: ImageBitmap | OffscreenCanvas, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')!
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(image, 0, 0, width, height)
  return canvas
}

function unsharp(canvas: OffscreenCanvas, amount: number): void {
  const context = canvas.getContext('2d')!
  const { width, height } = canvas
  const image = context.getImageData(0, 0, width, height)
  const from = Uint8ClampedArray.from(image.data)
  const row = width * 4
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * row + 4, end = (y + 1) * row - 4; at < end; at++) {
      if (at % 4 === 3) continue
      const around = (from[at - 4]! + from[at + 4]! + from[at - row]! + from[at + row]!) / 4
      image.data[at] = from[at]! + amount * (from[at]! - around)
    }
  }
  context.putImageData(image, 0, 0)
}

/** What was made last, as base64. */
async function result(): Promise<string> {
  let text = ''
  for (const byte of new Uint8Array(await made.arrayBuffer())) text += String.fromCharCode(byte)
  return btoa(text)
}

Object.assign(window, { bench: { run, trial, policy, result } })
