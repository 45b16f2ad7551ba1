import { expect, it } from 'vitest'
import type { Review } from './draft'
import { groupsOf, slotsInOrder } from './order'

function review(changed: string[]): Review {
  const category = (id: string, slots: string[]) => ({
    id,
    slots: slots.map((slot) => ({ slot, changed: changed.includes(slot) })),
  })
  return { categories: [category('identity', ['identity-1', 'identity-2']), category('diploma', ['diploma-1'])] } as never
}
const order = (changed: string[]) => slotsInOrder(review(changed)).map((slot) => slot.slot)

it('puts what has changed first and keeps the order otherwise', () => {
  expect(order(['diploma-1'])).toEqual(['diploma-1', 'identity-1', 'identity-2'])
  expect(order(['identity-2', 'diploma-1'])).toEqual(['identity-2', 'diploma-1', 'identity-1'])
})

it('tells the two groups apart, with empty categories left out', () => {
  const [first, second] = groupsOf(review(['diploma-1']))
  expect([first!.kind, first!.categories.map(({ category }) => category.id)]).toEqual(['changed', ['diploma']])
  expect([second!.kind, second!.categories.map(({ category }) => category.id)]).toEqual(['unchanged', ['identity']])
})

it('sets nothing apart where nothing or everything has changed', () => {
  for (const changed of [[], ['identity-1', 'identity-2', 'diploma-1']]) {
    expect(groupsOf(review(changed)).map((group) => group.kind)).toEqual(['all'])
    expect(order(changed)).toEqual(['identity-1', 'identity-2', 'diploma-1'])
  }
})
