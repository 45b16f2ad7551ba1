import { expect, it } from 'vitest'
import { arrived, failed, linkOf, sizeOf } from './pictures'

const SIZE = { width: 3, height: 4 }

it('goes on with the link by which a picture has come, and knows its size', () => {
  arrived('https://x.test/a.jpg?s=1', SIZE)
  expect(linkOf('https://x.test/a.jpg?s=2')).toBe('https://x.test/a.jpg?s=1')
  expect(sizeOf('https://x.test/a.jpg?s=2')).toMatchObject(SIZE)
  expect(linkOf('https://x.test/b.jpg?s=2')).toBe('https://x.test/b.jpg?s=2')
  expect(sizeOf('https://x.test/b.jpg?s=2')).toBeNull()
})

it('takes the fresh link once the old one has failed, and forgets no good one for a bad one', () => {
  arrived('https://x.test/c.jpg?s=1', SIZE)
  failed('https://x.test/c.jpg?s=0')
  expect(linkOf('https://x.test/c.jpg?s=2')).toBe('https://x.test/c.jpg?s=1')
  failed('https://x.test/c.jpg?s=1')
  expect(linkOf('https://x.test/c.jpg?s=2')).toBe('https://x.test/c.jpg?s=2')
})

it('does not grow all day', () => {
  for (let n = 0; n < 301; n++) arrived(`https://x.test/many-${n}.jpg?s=1`, SIZE)
  expect(linkOf('https://x.test/many-0.jpg?s=2')).toBe('https://x.test/many-0.jpg?s=2')
  expect(linkOf('https://x.test/many-1.jpg?s=2')).toBe('https://x.test/many-1.jpg?s=1')
})
