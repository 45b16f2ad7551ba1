/** Who is signed in: a reviewer, a lead or an administrator. A session that ends in the middle of work is renewed in a dialog, and the work goes on. */
import { ref, shallowRef } from 'vue'
import { call, configure, signIn, signOut } from '../../../shared/client'
import type { Answer, Call, Text } from '../../../shared/contract'
import { ApiError, pageError } from '../../../shared/errors'
import { currentSession, type Tokens } from '../../../shared/session'
import { forgetAllDrafts, keepDraftsFor } from '../draft'
import { hear } from '../time'
import { silence } from './useMessage'
import { NO_FILTERS, setFilters } from './useRoute'

export interface Staff {
  username: string
  /** The person's name where the account store has one, else the user name. */
  name: string
  role: Exclude<Role, 'candidate'>
  /** What an administrator administers. */
  exam: string
}

export type Role = Tokens['role']

const held = currentSession()
export const staff = shallowRef<Staff | null>(held && staffOf(held))
/** The session has ended and the dialog is open. */
export const ended = ref(false)
/** The site's name, known as soon as its queue was seen. A case may be another site's, and this does not tell of it. */
export const siteName = shallowRef<Text | null>(null)

if (staff.value) keepDraftsFor(staff.value.username)

let waiting: { again: () => void; never: (why: unknown) => void }[] = []

configure({ onSignedOut: end })

function end(): void {
  if (!staff.value || ended.value) return
  ended.value = true
  silence()
}

/** Signs in; false for candidates, who are signed out again at once. */
export async function enter(username: string, password: string, newPassword = ''): Promise<boolean> {
  await signIn(username, password, newPassword)
  const entered = staffOf(currentSession()!)
  if (!entered) {
    await signOut().catch(() => undefined)
    return false
  }
  staff.value = entered
  keepDraftsFor(entered.username)
  ended.value = false
  for (const { again } of waiting.splice(0)) again()
  return true
}

/** The page forgets who was here at once; resolves when the server has been told. */
export async function leave(): Promise<void> {
  const told = ended.value ? null : signOut().catch(() => undefined)
  ended.value = false
  staff.value = null
  siteName.value = null
  // What one has searched for is nothing to the next.
  setFilters(NO_FILTERS)
  forgetAllDrafts()
  silence()
  for (const { never } of waiting.splice(0)) never(pageError('signed_out', 401))
  await told
}

/**
 * As `call`; when the session has ended it waits until the reviewer has signed in again, and then calls again. What one
 * person has asked for is never asked for in the name of the next.
 */
export async function ask<C extends Call>(name: C, options: Parameters<typeof call<C>>[1] = {}): Promise<Answer<C>> {
  const who = staff.value?.username
  for (;;) {
    try {
      const answer = await call(name, options)
      hear(answer)
      return answer
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'signed_out' && who && staff.value?.username === who)) throw error
      end()
      await new Promise<void>((again, never) => waiting.push({ again, never }))
    }
  }
}

function staffOf({ idToken, username, role }: Tokens): Staff | null {
  if (role === 'candidate') return null
  const claims = claimsOf(idToken)
  const said = (name: string) => (typeof claims[name] === 'string' ? (claims[name] as string) : '')
  return { username, name: said('name') || username, role, exam: said('custom:exam') }
}

/** What the ID token says, for showing only: the API verifies it. */
function claimsOf(idToken: string): Record<string, unknown> {
  try {
    const payload = idToken.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
  } catch {
    return {}
  }
}
