/** Who is signed in, kept for this tab alone: candidates use shared computers. */
import type { Schema } from './contract'

export interface Tokens {
  idToken: string
  refreshToken: string
  /** When the ID token ends, epoch milliseconds by this device's clock. */
  expiresAt: number
  role: Schema<'Session'>['role']
  username: string
}

const KEY = 'songshen.session'
const RENEW_BEFORE = 60_000
// Used where the browser allows no storage; then a reload signs out.
let memory: Tokens | null = null

export function currentSession(): Tokens | null {
  if (memory) return memory
  try {
    memory = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Tokens | null
  } catch {
    memory = null
  }
  return memory
}

/** Whether its ID token is good for a call; one that ends within a minute is renewed first. */
export function lives(session: Tokens): boolean {
  return session.expiresAt - RENEW_BEFORE > Date.now()
}

export function keepSession(answer: Schema<'Session'>, username: string): Tokens {
  memory = {
    idToken: answer.id_token,
    refreshToken: answer.refresh_token,
    expiresAt: Date.now() + answer.expires_in * 1000,
    role: answer.role,
    username,
  }
  try {
    sessionStorage.setItem(KEY, JSON.stringify(memory))
  } catch {
    /* memory has it */
  }
  return memory
}

export function forgetSession(): void {
  memory = null
  try {
    sessionStorage.removeItem(KEY)
  } catch {
    /* nothing was stored */
  }
}
