import { describe, expect, it } from 'vitest'
import type { Region } from './draft'
import { between, CORNERS, cornerOf, deltaToImage, LEAST, moved, onStage, resized, stretched, toImage, toStage } from './region'
import { fitScale, type View } from './zoom'

const PAGE = { width: 1500, height: 2000 }
const STAGE = { width: 612, height: 712 }
const BOX: Region = [0.1, 0.2, 0.4, 0.3]
const views: [string, View][] = [0, 1, 2, 3].flatMap((turns) => [
  [`${turns} turns, fitted`, { zoom: 1, turns, x: 0, y: 0 }],
  [`${turns} turns, zoomed and moved`, { zoom: 3.5, turns, x: -120, y: 77 }],
])
const near = (box: readonly number[], wanted: readonly number[]) =>
  box.forEach((value, n) => expect(value).toBeCloseTo(wanted[n]!, 3))

describe.each(views)('%s', (_, view) => {
  const fit = fitScale(PAGE, STAGE, view.turns)

  it('leads from the stage to the image and back', () => {
    for (const place of [{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 0.25, y: 0.9 }, { x: 0.5, y: 0.5 }]) {
      const back = toImage(toStage(place, view, PAGE, fit), view, PAGE, fit)
      near([back.x, back.y], [place.x, place.y])
    }
  })

  it('draws the same box as the browser, which turns clockwise about the centre', () => {
    const angle = (view.turns * Math.PI) / 2
    const scale = view.zoom * fit
    const [x, y] = [(BOX[0] - 0.5) * PAGE.width * scale, (BOX[1] - 0.5) * PAGE.height * scale]
    const point = toStage({ x: BOX[0], y: BOX[1] }, view, PAGE, fit)
    expect(point.x).toBeCloseTo(x * Math.cos(angle) - y * Math.sin(angle) + view.x)
    expect(point.y).toBeCloseTo(x * Math.sin(angle) + y * Math.cos(angle) + view.y)
  })

  it('gives back a box that is dragged from corner to corner', () => {
    const { left, top, width, height } = onStage(BOX, view, PAGE, fit)
    const from = toImage({ x: left, y: top }, view, PAGE, fit)
    near(between(from, toImage({ x: left + width, y: top + height }, view, PAGE, fit)), BOX)
  })

  it('knows which corner is seen where', () => {
    const { left, top, width, height } = onStage(BOX, view, PAGE, fit)
    for (const corner of CORNERS) {
      const seen = toStage(cornerOf(BOX, corner, view.turns), view, PAGE, fit)
      near([seen.x, seen.y], [left + corner[0] * width, top + corner[1] * height])
    }
  })

  it('pulls the corner that is seen, and leaves the opposite one', () => {
    for (const corner of CORNERS) {
      const seen = toStage(cornerOf(BOX, corner, view.turns), view, PAGE, fit)
      const to = toImage({ x: seen.x + 3, y: seen.y - 2 }, view, PAGE, fit)
      const before = onStage(BOX, view, PAGE, fit)
      const after = onStage(resized(BOX, corner, view.turns, to), view, PAGE, fit)
      expect(after.width).toBeCloseTo(before.width + (corner[0] ? 3 : -3), 0)
      expect(after.height).toBeCloseTo(before.height + (corner[1] ? -2 : 2), 0)
    }
  })

  it('moves and stretches as it is seen', () => {
    const before = onStage(BOX, view, PAGE, fit)
    const right = onStage(moved(BOX, deltaToImage({ x: 4, y: 0 }, view, PAGE, fit)), view, PAGE, fit)
    expect(right.left).toBeCloseTo(before.left + 4, 0)
    expect(right.top).toBeCloseTo(before.top, 0)
    expect(right.width).toBeCloseTo(before.width, 0)
    const wider = onStage(stretched(BOX, view.turns, deltaToImage({ x: 4, y: 0 }, view, PAGE, fit)), view, PAGE, fit)
    expect(wider.left).toBeCloseTo(before.left, 0)
    expect(wider.width).toBeCloseTo(before.width + 4, 0)
    expect(wider.height).toBeCloseTo(before.height, 0)
  })
})

it('keeps boxes on the image', () => {
  expect(between({ x: -3, y: 0.5 }, { x: 0.2, y: 7 })).toEqual([0, 0.5, 0.2, 1])
  expect(moved(BOX, { x: -5, y: 5 })).toEqual([0, 0.9, 0.3, 1])
  expect(stretched(BOX, 0, { x: 5, y: -5 })).toEqual([0.1, 0.2, 1, 0.21])
})

it('makes no box smaller than the smallest, even at the edge', () => {
  expect(between({ x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 })).toEqual([0.5, 0.5, 0.51, 0.51])
  const [left, top, right, bottom] = between({ x: 2, y: 2 }, { x: 3, y: 3 })
  near([left, top, right, bottom], [1 - LEAST, 1 - LEAST, 1, 1])
  expect(stretched([0.2, 0.2, 0.25, 0.25], 2, { x: 0.3, y: 0.3 })).toEqual([0.24, 0.24, 0.25, 0.25])
})
