import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createTabs } from './otherTabs'

/** Channels of one name reach each other, never themselves. */
class Channel {
  static all: Channel[] = []
  onmessage: ((event: { data: unknown }) => void) | null = null
  constructor() {
    Channel.all.push(this)
  }
  postMessage(data: unknown) {
    for (const other of Channel.all) if (other !== this) other.onmessage?.({ data })
  }
  close() {
    Channel.all = Channel.all.filter((other) => other !== this)
  }
}

const listener = () => ({ changed: vi.fn(), left: vi.fn() })

beforeEach(() => {
  vi.useFakeTimers()
  Channel.all = []
  vi.stubGlobal('BroadcastChannel', Channel)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('tells the others, once for several changes, and not itself', () => {
  const mine = listener()
  const theirs = listener()
  const tabs = createTabs(mine)
  createTabs(theirs)
  tabs.tell('changed')
  tabs.tell('changed')
  vi.runAllTimers()
  expect(theirs.changed).toHaveBeenCalledTimes(1)
  expect(mine.changed).not.toHaveBeenCalled()
  tabs.tell('left')
  expect(theirs.left).toHaveBeenCalledTimes(1)
})

it('hears nothing any more when it has stopped', () => {
  const mine = listener()
  const tabs = createTabs(mine)
  const other = createTabs(listener())
  other.tell('changed')
  tabs.stop()
  vi.runAllTimers()
  expect(mine.changed).not.toHaveBeenCalled()
})

it('is silent where there are no channels', () => {
  vi.stubGlobal('BroadcastChannel', undefined)
  const tabs = createTabs(listener())
  tabs.tell('changed')
  tabs.stop()
})
