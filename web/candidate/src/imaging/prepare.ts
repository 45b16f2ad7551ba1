/**
 * From the chosen file to what is uploaded: an upright JPEG of at most `maxBytes`, with its hash.
 *
 * Every file is encoded anew, also one that would fit, so that the place where a photo was taken never leaves the phone.
 */
import type { Text } from '../../../shared/contract'
import type { Finding } from './policy'
import { declared, formatOf, hasEnd, HEAD_BYTES, type Format } from './sniff'
import { Superseded, type Edit, type Preview } from './studio'
import { inWorker, onPage, type Workshop } from './workshop'

export interface Prepared {
  blob: Blob
  type: 'image/jpeg'
  /** Hex. */
  sha256: string
  width: number
  height: number
  originalBytes: number
}

/** A file that cannot be used, with what to do about it. */
export class UnusableFile extends Error {
  constructor(readonly text: Text) {
    super(text.zh)
  }
}

const UNUSABLE: Record<Exclude<Format, 'jpeg' | 'png'> | 'broken' | 'huge', Text> = {
  heic: {
    zh: '这是 HEIC 格式的照片，无法上传。请在手机“设置 › 相机 › 格式”中选“兼容性最佳”后重新拍摄，或将照片截屏后上传截图。',
    en: 'This is a HEIC photo. Choose Settings › Camera › Formats › Most Compatible and take it again, or upload a screenshot of it.',
  },
  pdf: {
    zh: '这是 PDF 文件。请拍照或截屏，上传 jpg/jpeg/png 格式的图片。',
    en: 'This is a PDF. Take a photo or a screenshot and upload it as JPEG or PNG.',
  },
  other: {
    zh: '只能上传 jpg/jpeg/png 格式的图片，请重新选择。',
    en: 'Only JPEG and PNG images can be uploaded. Choose another file.',
  },
  empty: {
    zh: '这个文件是空的。如果照片还在云端，请先下载到手机，再重新选择。',
    en: 'This file is empty. If the photo is still in the cloud, download it to this phone and choose it again.',
  },
  broken: {
    zh: '无法读取这张图片，文件可能已损坏。请重新拍照，或将照片截屏后选择截图。',
    en: 'This image cannot be read. It may be damaged. Take the photo again, or choose a screenshot of it.',
  },
  huge: {
    zh: '这张图片太大，无法处理。请在相机设置中选较低的像素（如 1200 万）重新拍照，或将照片截屏后选择截图。',
    en: 'This image is too large to work on. Take it with fewer pixels (such as 12 MP), or choose a screenshot of it.',
  },
}

/** Decoded, and open until it is closed. */
export interface Picture {
  /** Small and upright, to be shown. */
  preview: Preview
  /** Asked for again, earlier promises reject with an AbortError; so they do when it is closed. */
  encode(edit: Edit): Promise<Outcome>
  close(): void
}

/** `prepared` is null if the finding is `tiny` or `unfit`; width and height are then those of the part chosen. */
export interface Outcome {
  finding: Finding
  width: number
  height: number
  prepared: Prepared | null
}

// Cameras of "64 megapixels" give up to 65. Decoded, a picture takes four bytes for each.
const MOST_PIXELS = 66_000_000
const MOST_BYTES = 60 * 1024 * 1024

/** Raises UnusableFile; raises an AbortError when the signal says so. The signal also closes an open picture. */
export async function openPicture(file: Blob, maxBytes: number, signal: AbortSignal): Promise<Picture> {
  const format = await examine(file)
  const workshop = await open(file, format, signal)
  const close = () => {
    signal.removeEventListener('abort', close)
    workshop.close()
  }
  signal.addEventListener('abort', close)

  return {
    preview: workshop.preview,
    close,
    async encode(edit) {
      try {
        const { blob, ...made } = await workshop.make(edit, maxBytes)
        if (!blob) return { ...made, prepared: null }
        const sha256 = hex(await crypto.subtle.digest('SHA-256', await read(blob)))
        const { width, height } = made
        return { ...made, prepared: { blob, type: 'image/jpeg', sha256, width, height, originalBytes: file.size } }
      } catch (error) {
        throw error instanceof Superseded ? aborted() : new UnusableFile(UNUSABLE.broken)
      }
    },
  }
}

/** What can be known before decoding. Raises UnusableFile. */
async function examine(file: Blob): Promise<Format> {
  try {
    const head = await read(file.slice(0, HEAD_BYTES))
    const format = formatOf(head)
    if (format === 'empty' || format === 'pdf' || format === 'other') throw new UnusableFile(UNUSABLE[format])
    if (file.size > MOST_BYTES || declared(head).pixels > MOST_PIXELS) throw new UnusableFile(UNUSABLE.huge)
    if (format === 'heic' || (await hasEnd(file, head, read))) return format
  } catch (error) {
    // Else it has been deleted meanwhile, or lies in a cloud that is out of reach.
    if (error instanceof UnusableFile) throw error
  }
  throw new UnusableFile(UNUSABLE.broken)
}

async function open(file: Blob, format: Format, signal: AbortSignal): Promise<Workshop> {
  if (signal.aborted) throw aborted()
  try {
    const workshop = (await inWorker(file, signal)) ?? (await onPage(file))
    if (!signal.aborted) return workshop
    workshop.close()
  } catch {
    if (!signal.aborted) throw new UnusableFile(UNUSABLE[format === 'heic' ? 'heic' : 'broken'])
  }
  throw aborted()
}

function aborted(): Error {
  return new DOMException('cancelled', 'AbortError')
}

/** `Blob.arrayBuffer` for browsers that lack it. */
async function read(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(blob).arrayBuffer())
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
