/** Decodes and re-encodes away from the page's thread, so that the page stays responsive on slow phones. */
import { fit, scaled } from './policy'

export interface Work {
  file: Blob
  maxBytes: number
}
/** The JPEG; null if it cannot be made small enough; `failed` if it cannot be read. */
export type Done = { image: Blob | null } | { failed: true }

self.onmessage = async (event: MessageEvent<Work>) => {
  const { file, maxBytes } = event.data
  try {
    const bitmap = await decode(file)
    const longest = Math.max(bitmap.width, bitmap.height)
    const encode = (edge: number, quality: number) => {
      const [width, height] = scaled(bitmap.width, bitmap.height, edge)
      const canvas = new OffscreenCanvas(width, height)
      const context = canvas.getContext('2d')
      if (!context) throw new Error('no canvas')
      // A transparent PNG would turn black in a JPEG.
      context.fillStyle = '#fff'
      context.fillRect(0, 0, width, height)
      context.imageSmoothingQuality = 'high'
      context.drawImage(bitmap, 0, 0, width, height)
      return canvas.convertToBlob({ type: 'image/jpeg', quality })
    }
    self.postMessage({ image: await fit(encode, longest, maxBytes) } satisfies Done)
  } catch {
    self.postMessage({ failed: true } satisfies Done)
  }
}

async function decode(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch (error) {
    // Older browsers turn photos upright by themselves and do not know this option.
    if (error instanceof TypeError) return createImageBitmap(file)
    throw error
  }
}
