import { expect, it } from 'vitest'
import { clamped, fitScale, fitted, MAX_SCALE, turn, wheelFactor, zoomAt } from './zoom'

const PAGE = { width: 1500, height: 2000 }
const STAGE = { width: 612, height: 712 }

it('fits the image, also when it is turned', () => {
  expect(fitScale(PAGE, STAGE, 0)).toBeCloseTo(0.35)
  expect(fitScale(PAGE, STAGE, 1)).toBeCloseTo(0.3)
  expect(fitScale({ width: 100, height: 100 }, STAGE, 0)).toBe(2)
  expect(fitScale({ width: 0, height: 0 }, STAGE, 0)).toBe(1)
})

it('zooms around the pointer', () => {
  const fit = fitScale(PAGE, STAGE, 0)
  const view = zoomAt(fitted(), 2, fit, 100, -50)
  // The point under the pointer was at (100, -50) from the image's centre; twice as large, it is still there.
  expect(view).toMatchObject({ zoom: 2, x: -100, y: 50 })
  expect(view.x + 100 * 2).toBe(100)
})

it('stops at sensible sizes', () => {
  const fit = fitScale(PAGE, STAGE, 0)
  expect(zoomAt(fitted(), 1000, fit).zoom * fit).toBeCloseTo(MAX_SCALE)
  expect(zoomAt(fitted(), 0.001, fit).zoom * fit).toBeCloseTo(0.25)
})

it('keeps the image in sight', () => {
  expect(clamped({ ...fitted(), x: 500, y: 500 }, PAGE, STAGE)).toMatchObject({ x: 0, y: 0 })
  const far = clamped({ zoom: 4, turns: 0, x: 1e6, y: -1e6 }, PAGE, STAGE)
  expect(far.x).toBeCloseTo((1500 * 1.4) / 2)
  expect(far.y).toBeCloseTo((-2000 * 1.4) / 2)
})

it('turns all the way round and fits again', () => {
  expect(turn({ zoom: 3, turns: 3, x: 9, y: 9 }, 1)).toEqual(fitted())
  expect(turn(fitted(), -1).turns).toBe(3)
})

it('zooms alike by wheel, whatever the browser counts in, and follows pinching fingers', () => {
  const wheel = (deltaY: number, deltaMode = 0, ctrlKey = false) => wheelFactor({ deltaY, deltaMode, ctrlKey })
  expect(wheel(-100)).toBeCloseTo(1.22)
  expect(wheel(-100) * wheel(100)).toBeCloseTo(1)
  expect(wheel(-3, 1)).toBeCloseTo(wheel(-99))
  expect(wheel(-4000)).toBe(wheel(-100))
  // Forty small steps of a pinch, and one notch of a wheel with Ctrl held down.
  expect(wheel(-2, 0, true) ** 40).toBeCloseTo(2.23)
  expect(wheel(-120, 0, true)).toBeCloseTo(1.28)
})
