import { beforeEach, expect, it, vi } from 'vitest'

const client = vi.hoisted(() => ({ call: vi.fn(), configure: vi.fn(), signIn: vi.fn(), signOut: vi.fn(async () => undefined) }))
vi.mock('../../../shared/client', () => client)

const claims = { name: '王管理', 'custom:exam': 'yszg' }
const encode = (value: unknown) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))))

/** Signs somebody of that role in, as the client does. */
async function entered(role: 'candidate' | 'reviewer' | 'lead' | 'admin') {
  vi.resetModules()
  sessionStorage.clear()
  const session = await import('./useSession')
  const { keepSession } = await import('../../../shared/session')
  client.signIn.mockImplementation(async () =>
    keepSession({ id_token: `.${encode(claims)}.`, refresh_token: 'r', expires_in: 3600, role, activated: false } as never, 'u'),
  )
  return { session, entered: await session.enter('u', 'p') }
}

beforeEach(() => vi.clearAllMocks())

it.each(['reviewer', 'lead', 'admin'] as const)('lets a %s in', async (role) => {
  const { session, entered: inside } = await entered(role)
  expect([inside, session.staff.value]).toEqual([true, { username: 'u', name: '王管理', role, exam: 'yszg' }])
  expect(client.signOut).not.toHaveBeenCalled()
})

it('signs candidates out again', async () => {
  const { session, entered: inside } = await entered('candidate')
  expect([inside, session.staff.value]).toEqual([false, null])
  expect(client.signOut).toHaveBeenCalledOnce()
})

it('sets the clock by whatever it is answered', async () => {
  const { session } = await entered('reviewer')
  client.call.mockResolvedValue({ now: '2031-01-01T00:00:00Z', time_zone: 'Asia/Shanghai' })
  await session.ask('GET /reviews')
  const { now } = await import('../time')
  expect(Math.abs(now.value - Date.parse('2031-01-01T00:00:00Z'))).toBeLessThan(5000)
})

it('leaves no search behind for who comes next', async () => {
  const { session } = await entered('reviewer')
  const { setFilters } = await import('./useRoute')
  setFilters({ search: '王' })
  await session.leave()
  expect((await import('./useRoute')).filters.value.search).toBe('')
})

it('asks for nothing in the name of who comes next', async () => {
  const { session } = await entered('reviewer')
  const { pageError } = await import('../../../shared/errors')
  let answer!: (error: unknown) => void
  client.call.mockImplementationOnce(() => new Promise((_, never) => (answer = never)))
  const asked = session.ask('GET /reviews')
  await session.leave()
  session.staff.value = { username: 'other', name: 'other', role: 'reviewer', exam: '' }
  answer(pageError('signed_out', 401))
  await expect(asked).rejects.toMatchObject({ code: 'signed_out' })
  expect([session.ended.value, client.call.mock.calls.length]).toEqual([false, 1])
})

it('shows no dialog to who is signing out, whatever was on its way', async () => {
  const { session } = await entered('reviewer')
  const { pageError } = await import('../../../shared/errors')
  let told!: () => void
  client.signOut.mockImplementationOnce(() => new Promise((done) => (told = () => done(undefined))))
  client.call.mockRejectedValueOnce(pageError('signed_out', 401))
  const left = session.leave()
  await expect(session.ask('GET /reviews')).rejects.toMatchObject({ code: 'signed_out' })
  expect([session.staff.value, session.ended.value]).toEqual([null, false])
  told()
  await left
})
