/**
 * From the chosen file to what is uploaded: an upright JPEG of at most `maxBytes`, with its hash.
 *
 * Every file is encoded anew, also one that would fit, so that the place where a photo was taken never leaves the phone.
 */
import type { Text } from '../../../shared/contract'
import { encodeOnPage } from './fallback'
import { formatOf, type Format } from './sniff'
import type { Done, Work } from './worker'

export interface Prepared {
  blob: Blob
  type: 'image/jpeg'
  /** Hex. */
  sha256: string
}

/** A file that cannot be used, with what to do about it. */
export class UnusableFile extends Error {
  constructor(readonly text: Text) {
    super(text.en)
  }
}

const UNUSABLE: Record<Exclude<Format, 'jpeg' | 'png'> | 'broken' | 'big', Text> = {
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
  broken: {
    zh: '无法读取这张图片，文件可能已损坏或太大。请重新拍照后再选择。',
    en: 'This image cannot be read. It may be damaged or too large. Take the photo again.',
  },
  big: {
    zh: '这张图片无法压缩到规定大小，请靠近证件重新拍照后再选择。',
    en: 'This image cannot be made small enough. Take the photo again, closer to the document.',
  },
}

/** Raises UnusableFile; raises the signal's AbortError when cancelled. */
export async function prepare(file: Blob, maxBytes: number, signal: AbortSignal): Promise<Prepared> {
  if (signal.aborted) throw new DOMException('cancelled', 'AbortError')
  const head = new Uint8Array(await read(file.slice(0, 16)))
  const format = formatOf(head)
  if (format !== 'jpeg' && format !== 'png') throw new UnusableFile(UNUSABLE[format])
  const blob = await encoded(file, maxBytes, signal)
  if (!blob) throw new UnusableFile(UNUSABLE.big)
  const hash = await crypto.subtle.digest('SHA-256', await read(blob))
  return { blob, type: 'image/jpeg', sha256: hex(hash) }
}

async function encoded(file: Blob, maxBytes: number, signal: AbortSignal): Promise<Blob | null> {
  try {
    const inWorker = typeof OffscreenCanvas !== 'undefined'
    const image = inWorker ? await encodeInWorker(file, maxBytes, signal) : undefined
    return image === undefined ? await encodeOnPage(file, maxBytes) : image
  } catch (error) {
    if (signal.aborted) throw error
    throw new UnusableFile(UNUSABLE.broken)
  }
}

/** Undefined if the worker does not run: its script could not be loaded. */
async function encodeInWorker(file: Blob, maxBytes: number, signal: AbortSignal): Promise<Blob | null | undefined> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  try {
    return await new Promise<Blob | null | undefined>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')))
      worker.onerror = () => resolve(undefined)
      worker.onmessage = ({ data }: MessageEvent<Done>) =>
        'failed' in data ? reject(new Error('not decoded')) : resolve(data.image)
      worker.postMessage({ file, maxBytes } satisfies Work)
    })
  } finally {
    worker.terminate()
  }
}

/** `Blob.arrayBuffer` for browsers that lack it. */
function read(blob: Blob): Promise<ArrayBuffer> {
  return new Response(blob).arrayBuffer()
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
