import { expect, it } from 'vitest'
import { newsOf, type Item, type Listed } from './news'

/** `a b c|` is all there is; without the bar there is more behind. */
function list(text: string, claimed = ''): Listed {
  const items = [...text.replace('|', '').replace(/ /g, '')].map(
    (name) => ({ application: name, claim: claimed.includes(name) ? { by: 'x', mine: false } : null }) as unknown as Item,
  )
  return { items, cursor: text.endsWith('|') ? null : `after ${items.at(-1)?.application}` }
}
const names = (items: Item[]) => items.map((item) => item.application).join('')
const told = (before: string, page: string) => {
  const { items, gone, fresh, next } = newsOf(list(before), list(page))
  return [names(items), [...gone].join(''), fresh, names(next.items) + (next.cursor ? '' : '|')]
}

it.each([
  // before, page, the rows shown, gone, new, the list when it is updated
  ['abc|', 'abc|', 'abc', '', 0, 'abc|'],
  ['abc|', 'abcd|', 'abc', '', 1, 'abcd|'],
  ['abc|', 'bc|', 'abc', 'a', 0, 'bc|'],
  ['abc|', 'bde|', 'abc', 'ac', 2, 'bde|'],
  ['abc|', '|', 'abc', 'abc', 0, '|'],
  // The first page has moved on to what was behind it: not new, it merely comes next.
  ['abc', 'bcd', 'abc', 'a', 0, 'bcd'],
  ['abc', 'bcd|', 'abc', 'a', 0, 'bcd|'],
  // In the middle it is new, wherever the list goes on.
  ['abc', 'axb', 'abc', '', 1, 'axbc'],
  // Several pages are listed, and the first tells nothing of the others.
  ['abcdef', 'abc', 'abcdef', '', 0, 'abcdef'],
  ['abcdef', 'acd', 'abcdef', 'b', 0, 'acdef'],
  ['abcdef|', 'acd', 'abcdef', 'b', 0, 'acdef|'],
  ['abcdef|', 'ghi', 'abcdef', 'abcdef', 3, 'ghi'],
])('%s, then %s', (before, page, ...expected) => {
  expect(told(before, page)).toEqual(expected)
})

it('knows at once who has claimed what', () => {
  const { items } = newsOf(list('abc|'), list('abc|', 'b'))
  expect(items.map((item) => Boolean(item.claim))).toEqual([false, true, false])
})

it('goes on loading where the list ends', () => {
  expect(newsOf(list('abcdef'), list('abc')).next.cursor).toBe('after f')
  expect(newsOf(list('abc'), list('bcd')).next.cursor).toBe('after d')
})
