/** Everything that can go wrong with a call, with a sentence that says what to do next. */
import type { Code, ProblemDetails, Text } from './contract'
import type { Referring } from './i18n'

/** The contract's codes, and what only the page can know: `network` (no answer came) and `signed_out`. */
export type ErrorCode = Code | 'network' | 'signed_out' | 'unexpected'

const TEXTS: Record<'network' | 'signed_out' | 'unexpected', Text> = {
  network: {
    zh: '网络连接失败，请检查网络后重试。',
    en: 'No connection. Check your network, then try again.',
  },
  signed_out: { zh: '登录已过期，请重新登录。', en: 'Your session has ended. Sign in again.' },
  unexpected: {
    zh: '系统暂时出现问题，请稍后再试。您已上传的材料不受影响。',
    en: 'Something went wrong on our side. Try again shortly; what you have uploaded is safe.',
  },
}

export class ApiError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly text: Referring,
    /** HTTP status; 0 if no answer came. */
    readonly status = 0,
    /** Further facts of the refusal: `missing`, `retry_after` (seconds), … */
    readonly problem: ProblemDetails = {},
  ) {
    super(`${code} (${status})`)
    this.name = 'ApiError'
  }

  /** Whether the same call may succeed if it is simply made again. */
  get passing(): boolean {
    const throttled = this.status === 429 && this.code === 'unexpected'
    return this.code === 'network' || this.status >= 500 || throttled
  }
}

export function pageError(code: keyof typeof TEXTS, status = 0): ApiError {
  return new ApiError(code, TEXTS[code], status)
}

/** The refusal in an answer's body; a gateway in between may have answered with something else than our JSON. */
export function refusalIn(status: number, body: string, correlation = ''): ApiError {
  let problem: ProblemDetails = {}
  try {
    problem = JSON.parse(body) as ProblemDetails
  } catch {
    /* not ours */
  }
  const ours = problem && problem.code && problem.text
  if (!ours && status === 401) return pageError('signed_out', 401)
  const code = ours ? problem.code! : 'unexpected'
  const text: Referring = { ...(ours ? problem.text! : TEXTS.unexpected) }
  // Of what people cannot put right themselves: the help desk finds it by the beginning of its id.
  const helps = status >= 500 || code === 'unexpected' || code === 'window_closed' || code === 'forbidden'
  if (helps && correlation) text.reference = `${correlation.slice(0, 4)}-${correlation.slice(4, 8)}`
  return new ApiError(code, text, status, ours ? problem : {})
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : pageError('unexpected')
}
