/** Where the studio is: in a worker, or on the page for browsers in which that does not work. */
import { createStudio, Superseded, type Edit, type Made, type Preview } from './studio'
import { OPENING, type Ask, type Tell } from './protocol'

/** A picture being edited. */
export interface Workshop {
  preview: Preview
  /** What is asked for later makes the earlier ones reject with `Superseded`. */
  make(edit: Edit, maxBytes: number): Promise<Made>
  close(): void
}

interface Waiting {
  id: number
  resolve: (made: Made) => void
  reject: (error: Error) => void
}

/** Null if it does not work there: no such worker, its script not loaded, a file that it cannot read. */
export function inWorker(file: Blob, signal: AbortSignal): Promise<Workshop | null> {
  if (typeof OffscreenCanvas === 'undefined') return Promise.resolve(null)
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  let waiting: Waiting | null = null
  let lastId = OPENING
  const ask = (message: Ask) => worker.postMessage(message)
  const stop = (error: Error) => {
    worker.terminate()
    waiting?.reject(error)
    waiting = null
  }
  return new Promise((resolve, reject) => {
    const without = () => {
      stop(new Error('the worker has failed'))
      resolve(null)
    }
    signal.addEventListener('abort', () => {
      stop(new Superseded())
      reject(new Superseded())
    })
    worker.onerror = without
    worker.onmessage = ({ data }: MessageEvent<Tell>) => {
      if ('preview' in data) {
        resolve({
          preview: data.preview,
          make: (edit, maxBytes) =>
            new Promise((done, failed) => {
              waiting?.reject(new Superseded())
              waiting = { id: ++lastId, resolve: done, reject: failed }
              ask({ id: lastId, edit, maxBytes })
            }),
          close() {
            stop(new Superseded())
            data.preview.close()
          },
        })
      } else if (data.id === OPENING) {
        without()
      } else if (data.id === waiting?.id) {
        if ('made' in data) waiting.resolve(data.made)
        else waiting.reject(new Error('not encoded'))
        waiting = null
      }
    }
    ask({ file })
  })
}

/** Raises what cannot be read. */
export async function onPage(file: Blob): Promise<Workshop> {
  const url = URL.createObjectURL(file)
  const image = new Image()
  try {
    await new Promise<unknown>((resolve, reject) => {
      image.onload = resolve
      image.onerror = () => reject(new Error('not decoded'))
      image.src = url
    })
    const studio = createStudio({ image, width: image.naturalWidth, height: image.naturalHeight }, { canvas, jpeg })
    return { preview: studio.preview(), make: studio.make, close: studio.close }
  } finally {
    URL.revokeObjectURL(url)
    image.src = ''
  }
}

function canvas(width: number, height: number): HTMLCanvasElement {
  return Object.assign(document.createElement('canvas'), { width, height })
}

function jpeg(from: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) =>
    from.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('not encoded'))), 'image/jpeg', quality),
  )
}
