import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { keepSession } from '../../../shared/session'
import { slotIn, type View } from '../rules'
import { aSlot, aView } from '../testing'
import { createApplication, type ApplicationState } from './useApplication'

let scope: EffectScope
let application: ApplicationState
const changed = vi.fn()
const loaded = vi.fn()
const fetching = vi.fn<() => Promise<Response>>()

const view = () => aView({ diploma: [aSlot('diploma-1', { state: 'ready', sha256: 'ab' }), aSlot('diploma-2')] })
const answer = (body: View) => new Response(JSON.stringify(body), { status: 200 })

beforeEach(() => {
  vi.useFakeTimers()
  keepSession({ id_token: 'id', refresh_token: 'r', expires_in: 3600, role: 'candidate', activated: false }, 'somebody')
  fetching.mockReset().mockImplementation(async () => answer(view()))
  vi.stubGlobal('fetch', fetching)
  changed.mockReset()
  loaded.mockReset()
  scope = effectScope()
  application = scope.run(() => createApplication({ changed, loaded }))!
})
afterEach(() => {
  application.stop()
  scope.stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

it('tells other tabs what a call of this page has changed, not what it has only loaded', async () => {
  await application.refresh()
  expect([loaded.mock.calls.length, changed.mock.calls.length]).toEqual([1, 0])
  application.accept(view())
  expect(changed).toHaveBeenCalledTimes(1)
})

it('asks for the view after a change until it comes', async () => {
  await application.refresh()
  fetching.mockRejectedValue(new TypeError('no network'))
  application.reload().catch(() => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(application.error.value?.code).toBe('network')
  fetching.mockImplementation(async () => answer({ ...view(), status: 'submitted' }))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(application.view.value?.status).toBe('submitted')
  expect(application.error.value).toBeNull()
  const asked = fetching.mock.calls.length
  await vi.advanceTimersByTimeAsync(60_000)
  expect(fetching).toHaveBeenCalledTimes(asked)
})

it('asks once for all uploads that wait, and not again when each has its verdict', async () => {
  let waiting = 3
  fetching.mockImplementation(async () => {
    waiting = 0
    return answer(view())
  })
  for (let sent = 0; sent < waiting; sent++) {
    application.poll(() => waiting > 0)
    await vi.advanceTimersByTimeAsync(100)
  }
  await vi.advanceTimersByTimeAsync(60_000)
  expect(fetching).toHaveBeenCalledTimes(1)
})

it('takes a new link for an image whose link has failed, and keeps those of the others', async () => {
  const links = () => application.view.value!.categories[0]!.slots.map((slot) => slot.image_url)
  const linked = (mark: string) =>
    aView({ diploma: ['1', '2'].map((id) => aSlot(id, { state: 'ready', sha256: id, image_url: `https://m/${id}?${mark}` })) })
  application.accept(linked('old'))
  application.forgetLink('https://m/2?old')
  application.accept(linked('new'))
  expect(links()).toEqual(['https://m/1?old', 'https://m/2?new'])
})

it('shows a slot as empty before the server can say so', async () => {
  await application.refresh()
  application.emptied('diploma-1')
  expect(slotIn(application.view.value, 'diploma-1')).toMatchObject({ state: 'empty', sha256: null })
  expect(slotIn(application.view.value, 'diploma-2')).toMatchObject({ state: 'empty' })
})

it('shows nothing of somebody who has left', async () => {
  let come = (_: Response) => undefined as void
  fetching.mockImplementation(() => new Promise((resolve) => (come = resolve)))
  const loading = application.refresh()
  await vi.advanceTimersByTimeAsync(1)
  application.clear()
  come(answer(view()))
  await loading
  expect(application.view.value).toBeNull()
})
