/** The studio away from the page's thread, so that the page stays responsive on slow phones. */
import { OPENING, type Ask, type Tell } from './protocol'
import { createStudio, keptSize, Superseded, type Studio } from './studio'

let studio: Studio<OffscreenCanvas>

const tell = (message: Tell, transfer: Transferable[] = []) => self.postMessage(message, { transfer })

self.onmessage = async ({ data }: MessageEvent<Ask>) => {
  const id = 'id' in data ? data.id : OPENING
  try {
    if ('id' in data) {
      tell({ id, made: await studio.make(data.edit, data.maxBytes) })
      return
    }
    const image = await smaller(await decode(data.file))
    studio = createStudio({ image, width: image.width, height: image.height }, {
      canvas: (width, height) => new OffscreenCanvas(width, height),
      jpeg: (canvas, quality) => canvas.convertToBlob({ type: 'image/jpeg', quality }),
    })
    const preview = studio.preview().transferToImageBitmap()
    tell({ preview }, [preview])
  } catch (error) {
    // What has been superseded nobody waits for.
    if (!(error instanceof Superseded)) tell({ id, failed: true })
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

/** No larger than what is kept, where the browser can do that: faster than drawing it. */
async function smaller(image: ImageBitmap): Promise<ImageBitmap> {
  const [resizeWidth, resizeHeight] = keptSize(image.width, image.height)
  if (resizeWidth === image.width) return image
  try {
    const copy = await createImageBitmap(image, { resizeWidth, resizeHeight, resizeQuality: 'high' })
    image.close()
    return copy
  } catch {
    return image
  }
}
