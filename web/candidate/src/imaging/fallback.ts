/** The same as the worker, on the page's thread, for browsers without OffscreenCanvas. */
import { fit, scaled } from './policy'

export async function encodeOnPage(file: Blob, maxBytes: number): Promise<Blob | null> {
  const url = URL.createObjectURL(file)
  try {
    const image = await load(url)
    const { naturalWidth, naturalHeight } = image
    const encode = (edge: number, quality: number): Promise<Blob> => {
      const canvas = document.createElement('canvas')
      ;[canvas.width, canvas.height] = scaled(naturalWidth, naturalHeight, edge)
      const context = canvas.getContext('2d')
      if (!context) throw new Error('no canvas')
      context.fillStyle = '#fff'
      context.fillRect(0, 0, canvas.width, canvas.height)
      context.imageSmoothingQuality = 'high'
      context.drawImage(image, 0, 0, canvas.width, canvas.height)
      return new Promise((resolve, reject) =>
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('not encoded'))), 'image/jpeg', quality),
      )
    }
    return await fit(encode, Math.max(naturalWidth, naturalHeight), maxBytes)
  } finally {
    URL.revokeObjectURL(url)
  }
}

function load(url: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve(image)
    image.onerror = () => reject(new Error('not decoded'))
    image.src = url
  })
}
