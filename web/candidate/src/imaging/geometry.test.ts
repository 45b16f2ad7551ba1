import { describe, expect, it } from 'vitest'
import { LEAST, moved, resized, resizedAs, shaped, turned, WHOLE, type Rect } from './geometry'

const RECT: Rect = { x: 0.1, y: 0.2, width: 0.5, height: 0.3 }

function expectRect(actual: Rect, expected: Rect) {
  for (const key of ['x', 'y', 'width', 'height'] as const) expect(actual[key], key).toBeCloseTo(expected[key])
}

describe('a crop frame', () => {
  it('moves as a whole and stops at the edges', () => {
    expectRect(moved(RECT, 0.1, -0.1), { ...RECT, x: 0.2, y: 0.1 })
    expectRect(moved(RECT, -1, 1), { ...RECT, x: 0, y: 0.7 })
    expectRect(moved(WHOLE, 0.3, 0.3), WHOLE)
  })

  it.each([
    ['nw', { x: 0.2, y: 0.25, width: 0.4, height: 0.25 }],
    ['ne', { x: 0.1, y: 0.25, width: 0.6, height: 0.25 }],
    ['sw', { x: 0.2, y: 0.2, width: 0.4, height: 0.35 }],
    ['se', { x: 0.1, y: 0.2, width: 0.6, height: 0.35 }],
  ] as const)('is resized at %s, and the opposite corner stays', (corner, expected) =>
    expectRect(resized(RECT, corner, 0.1, 0.05), expected),
  )

  it('never leaves the picture', () => {
    expectRect(resized(RECT, 'nw', -1, -1), { x: 0, y: 0, width: 0.6, height: 0.5 })
    expectRect(resized(RECT, 'se', 1, 1), { x: 0.1, y: 0.2, width: 0.9, height: 0.8 })
  })

  it('never gets smaller than a finger can take, nor turns inside out', () => {
    expectRect(resized(RECT, 'nw', 1, 1), { x: 0.6 - LEAST, y: 0.5 - LEAST, width: LEAST, height: LEAST })
    expectRect(resized(RECT, 'se', -1, -1), { x: 0.1, y: 0.2, width: LEAST, height: LEAST })
  })
})

describe('a crop frame of a given shape', () => {
  it.each([
    [0.5, { x: 0.25, y: 0, width: 0.5, height: 1 }],
    [1, WHOLE],
    [2, { x: 0, y: 0.25, width: 1, height: 0.5 }],
  ])('begins as large as it can be: %f', (ratio, expected) => expectRect(shaped(ratio), expected))

  const half: Rect = { x: 0.3, y: 0.2, width: 0.3, height: 0.6 }
  it.each([
    ['nw', 0.1, 0, { x: 0.4, y: 0.4, width: 0.2, height: 0.4 }],
    ['nw', 0, 0.2, { x: 0.4, y: 0.4, width: 0.2, height: 0.4 }],
    ['ne', -0.1, 0, { x: 0.3, y: 0.4, width: 0.2, height: 0.4 }],
    ['sw', 0.1, 0, { x: 0.4, y: 0.2, width: 0.2, height: 0.4 }],
    ['se', 0.05, 0.02, { x: 0.3, y: 0.2, width: 0.35, height: 0.7 }],
    ['se', 1, 1, { x: 0.3, y: 0.2, width: 0.4, height: 0.8 }],
    ['nw', -1, -1, { x: 0.2, y: 0, width: 0.4, height: 0.8 }],
    ['se', -1, -1, { x: 0.3, y: 0.2, width: LEAST, height: 2 * LEAST }],
  ] as const)('keeps it at %s by %f, %f', (corner, dx, dy, expected) =>
    expectRect(resizedAs(0.5, half, corner, dx, dy), expected),
  )

  it('is never too low for a finger either', () => {
    expectRect(resizedAs(2, shaped(2), 'se', -1, -1), { x: 0, y: 0.25, width: 2 * LEAST, height: LEAST })
  })
})

describe('a crop frame on a turned picture', () => {
  it.each([
    [0, RECT],
    [1, { x: 0.5, y: 0.1, width: 0.3, height: 0.5 }],
    [2, { x: 0.4, y: 0.5, width: 0.5, height: 0.3 }],
    [3, { x: 0.2, y: 0.4, width: 0.3, height: 0.5 }],
    [-1, { x: 0.2, y: 0.4, width: 0.3, height: 0.5 }],
    [4, RECT],
  ])('%i quarters clockwise', (quarters, expected) => expectRect(turned(RECT, quarters), expected))

  it('comes back', () => {
    for (const quarters of [1, 2, 3]) expectRect(turned(turned(RECT, quarters), -quarters), RECT)
  })
})
