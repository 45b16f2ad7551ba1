import { describe, expect, it } from 'vitest'
import { brokenAt, lineOf, placeOf } from './place'

const TEXT = JSON.stringify(
  { id: 'a', list: [{ id: 'x, "y" [z]' }, { id: 'w', deep: { n: [1, 2.5, null] } }], last: true }, null, 2,
)
const at = (path: string, text = TEXT) => {
  const place = placeOf(text, path)
  return place && text.slice(place.start, place.end)
}

describe('placeOf', () => {
  it.each([
    ['id', '"a"'],
    ['list[0].id', '"x, \\"y\\" [z]"'],
    ['list[1].id', '"w"'],
    ['list[1].deep.n[2]', 'null'],
    ['last', 'true'],
  ])('finds %s', (path, value) => expect(at(path)).toBe(value))

  it('finds whole objects and lists', () => {
    expect(at('list[1].deep.n')?.replace(/\s/g, '')).toBe('[1,2.5,null]')
    expect(at('')).toBe(TEXT)
  })

  it('finds what is nearest to something that is missing', () => {
    expect(at('list[0].name.zh')).toBe(at('list[0]'))
    expect(at('nothing')).toBe(TEXT)
    expect(at('list[7].id')).toBe(at('list'))
  })

  it('reads names with escapes, and gives up on nothing', () => {
    expect(at('é.b', '{"\\u00e9": {"b": 3}}')).toBe('3')
    expect(placeOf('', 'a')).toBeNull()
    expect(placeOf('{"a": [1, {"b"', 'a[1].b')).not.toBeUndefined()
  })
})

it('finds where the text is broken', () => {
  expect(brokenAt('{"a" 1}', 'Expected ":" at position 5 (line 1 column 6)')).toEqual({ start: 5, end: 6 })
  expect(brokenAt('{\n"a" 1}', 'JSON.parse: expected colon at line 2 column 5 of the JSON data')).toEqual({ start: 6, end: 7 })
  expect(brokenAt('', 'Unexpected end')).toBeNull()
  expect(lineOf('a\nb\nc', 2)).toBe(2)
})
