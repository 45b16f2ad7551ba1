import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { UnusableFile, type Outcome, type Picture, type Prepared } from '../imaging/prepare'
import type { Edit } from '../imaging/studio'
import ImageEditor from './ImageEditor.vue'

const FILE = new File([new Uint8Array(5_452_595)], 'photo.jpg')

function prepared(bytes = 202_752): Prepared {
  const blob = new Blob([new Uint8Array(bytes)])
  return { blob, type: 'image/jpeg', sha256: 'ab', width: 1500, height: 2000, originalBytes: FILE.size }
}
const GOOD: Outcome = { finding: 'good', width: 1500, height: 2000, prepared: prepared() }
const TINY: Outcome = { finding: 'tiny', width: 480, height: 320, prepared: null }

/** An editor whose pictures are encoded when the test says so. */
function editor(exactSize?: { width: number; height: number }) {
  const asked: { edit: Edit; settle: (outcome: Outcome | Error) => void }[] = []
  const opened: { file: Blob; signal: AbortSignal; closed: boolean }[] = []
  const opening = async (file: Blob, _: number, signal: AbortSignal): Promise<Picture> => {
    if (file.size === 1) throw new UnusableFile({ zh: '打不开', en: 'unreadable' })
    const picture = { file, signal, closed: false }
    opened.push(picture)
    return {
      preview: Object.assign(document.createElement('canvas'), { width: 40, height: 30 }),
      encode: (edit) =>
        new Promise((resolve, reject) => {
          // What a worker cannot be sent cannot be cloned.
          asked.push({
            edit: structuredClone(edit),
            settle: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
          })
        }),
      close: () => (picture.closed = true),
    }
  }
  const wrapper = mount(ImageEditor, {
    props: { file: FILE, title: '身份证明 1', maxBytes: 204_800, accept: 'image/jpeg', exactSize, opening },
  })
  const find = (id: string) => wrapper.find(`[data-testid="editor-${id}"]`)
  const press = (id: string) => find(id).trigger('click')
  const settle = async (outcome: Outcome | Error) => {
    asked.at(-1)!.settle(outcome)
    await flushPromises()
  }
  const choose = async (file: File) => {
    Object.defineProperty(find('file').element, 'files', { value: [file], configurable: true })
    await find('file').trigger('change')
    await flushPromises()
  }
  const later = async () => {
    await vi.advanceTimersByTimeAsync(1000)
    await flushPromises()
  }
  return { wrapper, asked, opened, find, press, settle, choose, later, done: () => wrapper.emitted('done') }
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const context = { fillRect() {}, translate() {}, rotate() {}, drawImage() {}, setTransform() {} }
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(context as unknown as CanvasRenderingContext2D)
})

describe('the editor', () => {
  it('shows the sizes before and after, and hands over what was made', async () => {
    const { find, press, settle, done } = editor()
    await flushPromises()
    expect(find('sizes').text()).toBe('正在压缩…')
    await settle(GOOD)
    expect(find('sizes').text()).toBe('5.2 MB → 198 KB，1500×2000')
    await press('submit')
    expect(done()).toEqual([[GOOD.prepared]])
  })

  it('encodes anew when the picture was turned and cropped, once for several changes', async () => {
    const { wrapper, asked, press, find, settle, later } = editor()
    await flushPromises()
    await settle(GOOD)
    await wrapper.get('[data-testid="editor-crop-se"]').trigger('keydown', { key: 'ArrowUp', shiftKey: true })
    await press('rotate-right')
    await press('rotate-right')
    await press('rotate-left')
    expect(asked).toHaveLength(1)
    await later()
    expect(asked).toHaveLength(2)
    const { turns, crop } = asked[1]!.edit
    expect(turns).toBe(1)
    expect([crop.x, crop.y, crop.width, crop.height].map((value) => value.toFixed(2))).toEqual([
      '0.05', '0.00', '0.95', '1.00',
    ])
    await press('reset')
    await later()
    expect(asked[2]!.edit).toEqual({ turns: 0, crop: { x: 0, y: 0, width: 1, height: 1 } })
    await settle(GOOD)
    expect(find('reset').attributes('disabled')).toBeDefined()
  })

  it('keeps the frame in the shape that is asked for, and asks for that size', async () => {
    const { wrapper, asked, press, find, settle, later } = editor({ width: 358, height: 441 })
    await flushPromises()
    const shape = () => {
      const { turns, crop, size } = asked.at(-1)!.edit
      const [width, height] = turns % 2 ? [30, 40] : [40, 30]
      expect((crop.width * width) / (crop.height * height)).toBeCloseTo(358 / 441)
      expect(size).toEqual([358, 441])
      return crop
    }
    expect(wrapper.text()).toContain('358×441')
    expect(asked).toHaveLength(1)
    expect(shape()).toMatchObject({ y: 0, height: 1 })
    await settle(GOOD)
    expect(find('reset').attributes('disabled')).toBeDefined()
    await wrapper.get('[data-testid="editor-crop-se"]').trigger('keydown', { key: 'ArrowUp', shiftKey: true })
    await later()
    expect(shape().height).toBeCloseTo(0.95)
    await press('rotate-right')
    await later()
    expect(shape().width).toBe(1)
    await press('reset')
    await later()
    expect(shape().height).toBe(1)
    expect(asked).toHaveLength(4)
  })

  it('waits with submitting for the result that is still being made', async () => {
    const { press, settle, find, done } = editor()
    await flushPromises()
    await settle(GOOD)
    await press('rotate-left')
    await press('submit')
    expect(done()).toBeUndefined()
    expect(find('submit').text()).toBe('正在处理…')
    const turned = { ...GOOD, prepared: prepared(1000) }
    await settle(turned)
    expect(done()).toEqual([[turned.prepared]])
  })

  it('does not submit what was changed after submitting was asked for', async () => {
    const { press, settle, later, done } = editor()
    await flushPromises()
    await press('submit')
    await press('rotate-left')
    await later()
    await settle(GOOD)
    expect(done()).toBeUndefined()
  })

  it('offers to crop or to choose again, instead of sending what cannot be read', async () => {
    const { find, press, settle, later, wrapper, done } = editor()
    await flushPromises()
    await press('submit')
    await settle(TINY)
    expect(done()).toBeUndefined()
    expect(find('warning').text()).toContain('480×320')
    expect(find('submit').exists()).toBe(false)
    expect(find('crop').exists() && find('file').exists()).toBe(true)
    await wrapper.get('[data-testid="editor-crop-se"]').trigger('keydown', { key: 'ArrowUp' })
    await later()
    await settle(GOOD)
    expect(find('warning').exists()).toBe(false)
    expect(find('submit').exists()).toBe(true)
  })

  it('warns of small print, and sends it if that is wanted', async () => {
    const { find, press, settle, done } = editor()
    await flushPromises()
    await settle({ ...GOOD, finding: 'small' })
    expect(find('warning').classes()).toContain('warning')
    await press('submit')
    expect(done()).toHaveLength(1)
  })

  it('says why a file cannot be used, and takes another', async () => {
    const { find, choose, settle, press, done } = editor()
    await flushPromises()
    await choose(new File(['x'], 'x.jpg'))
    expect(find('problem').text()).toBe('打不开')
    expect(find('submit').exists()).toBe(false)
    await choose(FILE)
    expect(find('problem').exists()).toBe(false)
    await settle(GOOD)
    await press('submit')
    expect(done()).toHaveLength(1)
  })

  it('says so when encoding fails, but not when it was overtaken', async () => {
    const { find, settle } = editor()
    await flushPromises()
    await settle(new DOMException('overtaken', 'AbortError'))
    expect(find('problem').exists()).toBe(false)
    const other = editor()
    await flushPromises()
    await other.settle(new Error('no memory'))
    expect(other.find('problem').text()).toBe('图片处理失败，请重新选择。')
  })

  it('closes the picture when another is chosen and when the editor goes', async () => {
    const { opened, choose, wrapper } = editor()
    await flushPromises()
    await choose(FILE)
    expect(opened.map(({ closed, signal }) => [closed, signal.aborted])).toEqual([[true, true], [false, false]])
    wrapper.unmount()
    expect(opened.map(({ closed, signal }) => [closed, signal.aborted])).toEqual([[true, true], [true, true]])
  })
})
