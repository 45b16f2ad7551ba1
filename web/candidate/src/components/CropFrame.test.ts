import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { WHOLE, type Rect } from '../imaging/geometry'
import CropFrame from './CropFrame.vue'

const SIDE = 200
const rounded = (rect: Rect) =>
  Object.values(rect).map((value) => Math.round(value * 1000) / 1000) // x, y, width, height

function frame(crop: Rect = WHOLE) {
  const wrapper = mount(CropFrame, {
    props: {
      modelValue: crop,
      'onUpdate:modelValue': (changed: Rect) => wrapper.setProps({ modelValue: changed }),
    },
  })
  const corner = (name: string) => wrapper.get(`[data-testid="editor-crop-${name}"]`)
  const at = (pointerId: number, clientX: number, clientY: number) => ({ pointerId, clientX, clientY, button: 0 })
  return { corner, whole: wrapper.get('.frame'), at, crop: () => rounded(wrapper.props('modelValue')) }
}

beforeEach(() => {
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(50, -300, SIDE, SIDE))
  Element.prototype.setPointerCapture = () => undefined
})

describe('the crop frame by finger', () => {
  it('follows the finger at a corner, from where it was taken', async () => {
    const { corner, at, crop } = frame()
    await corner('nw').trigger('pointerdown', at(1, 58, -290))
    await corner('nw').trigger('pointermove', at(1, 78, -250))
    expect(crop()).toEqual([0.1, 0.2, 0.9, 0.8])
    await corner('nw').trigger('pointermove', at(1, 68, -290))
    expect(crop()).toEqual([0.05, 0, 0.95, 1])
  })

  it('is moved as a whole', async () => {
    const { whole, at, crop } = frame({ x: 0.2, y: 0.2, width: 0.5, height: 0.5 })
    await whole.trigger('pointerdown', at(1, 100, 0))
    await whole.trigger('pointermove', at(1, 120, -20))
    expect(crop()).toEqual([0.3, 0.1, 0.5, 0.5])
  })

  it('does not mind a second finger, on the same corner or another', async () => {
    const { corner, at, crop } = frame()
    await corner('nw').trigger('pointerdown', at(1, 50, -300))
    await corner('se').trigger('pointerdown', at(2, 250, -100))
    await corner('se').trigger('pointermove', at(2, 150, -200))
    await corner('nw').trigger('pointermove', at(2, 150, -200))
    await corner('se').trigger('pointerup', at(2, 150, -200))
    expect(crop()).toEqual([0, 0, 1, 1])
    await corner('nw').trigger('pointermove', at(1, 70, -280))
    expect(crop()).toEqual([0.1, 0.1, 0.9, 0.9])
  })

  it.each(['pointerup', 'pointercancel', 'lostpointercapture'])('is let go at %s', async (event) => {
    const { corner, at, crop } = frame()
    await corner('se').trigger('pointerdown', at(1, 250, -100))
    await corner('se').trigger(event, at(1, 250, -100))
    await corner('se').trigger('pointermove', at(1, 150, -200))
    expect(crop()).toEqual([0, 0, 1, 1])
  })
})

describe('the crop frame by keyboard', () => {
  it('moves a corner by one hundredth, with Shift by five', async () => {
    const { corner, crop } = frame()
    await corner('se').trigger('keydown', { key: 'ArrowLeft' })
    await corner('nw').trigger('keydown', { key: 'ArrowDown', shiftKey: true })
    expect(crop()).toEqual([0, 0.05, 0.99, 0.95])
  })

  it('moves as a whole', async () => {
    const { whole, crop } = frame({ x: 0.2, y: 0.2, width: 0.5, height: 0.5 })
    await whole.trigger('keydown', { key: 'ArrowRight', shiftKey: true })
    await whole.trigger('keydown', { key: 'ArrowUp' })
    expect(crop()).toEqual([0.25, 0.19, 0.5, 0.5])
  })

  it('leaves other keys alone', async () => {
    const { corner, crop } = frame()
    for (const event of [{ key: 'Tab' }, { key: 'a' }, { key: 'ArrowLeft', altKey: true }]) {
      const pressed = new KeyboardEvent('keydown', { ...event, cancelable: true })
      corner('se').element.dispatchEvent(pressed)
      expect(pressed.defaultPrevented).toBe(false)
    }
    expect(crop()).toEqual([0, 0, 1, 1])
  })
})
