import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepFocus } from './focus'

const settled = () => new Promise((resolve) => setTimeout(resolve, 0))
const focused = () => document.activeElement?.id
let stop: () => void

beforeEach(() => {
  document.body.innerHTML = `
    <main id="main" tabindex="-1">
      <article id="slot" tabindex="-1"><div id="box"><button id="minus"></button><button id="other"></button></div></article>
    </main>`
  stop = keepFocus()
})
afterEach(() => stop())

const element = (id: string) => document.getElementById(id)!

describe('the focus', () => {
  it('goes to what the removed element was in', async () => {
    element('minus').focus()
    element('minus').remove()
    await settled()
    expect(focused()).toBe('slot')
  })

  it('goes to the main part when all around it has gone too', async () => {
    element('minus').focus()
    document.body.innerHTML = '<p>…</p>'
    await settled()
    document.body.innerHTML = '<main id="main" tabindex="-1"></main>'
    await settled()
    expect(focused()).toBe('main')
  })

  it('is not given back to somebody who has left', async () => {
    element('minus').focus()
    element('minus').blur()
    await settled()
    element('minus').remove()
    await settled()
    expect(document.activeElement).toBe(document.body)
  })

  it('is left alone where it is', async () => {
    element('minus').focus()
    element('other').focus()
    element('minus').remove()
    await settled()
    expect(focused()).toBe('other')
  })
})
