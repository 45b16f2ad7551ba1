/** Where a path of the API, `categories[2].slots[0].id`, stands in the text of a JSON document. */

export interface Place {
  start: number
  end: number
}

/** The value's place, or that of the nearest thing around it; null if the text cannot be read at all. */
export function placeOf(text: string, path: string): Place | null {
  const steps = path.split(/[.[\]]+/).filter(Boolean)
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g
  let token = tokens.exec(text)
  // After the last one the expression would begin again.
  const next = () => (token &&= tokens.exec(text))

  /** Reads the value at hand; the place of what the steps lead to, within it. */
  function value(left: readonly string[] | null): Place | null {
    if (!token) return null
    const opens = token[0]
    const start = token.index
    let end = tokens.lastIndex
    let within: Place | null = null
    next()
    if (opens === '{' || opens === '[') {
      for (let n = 0; token && token[0] !== '}' && token[0] !== ']'; n++) {
        let name = String(n)
        if (opens === '{') {
          name = unquoted(token[0])
          next()
          next()
        }
        const found = value(left && left[0] === name ? left.slice(1) : null)
        within ??= found
        if ((token as RegExpExecArray | null)?.[0] === ',') next()
      }
      if (token) end = tokens.lastIndex
      next()
    }
    return left ? (within ?? { start, end }) : null
  }
  return value(steps)
}

/** Where a text stops being JSON, as the browser's own message says; null if it does not say. */
export function brokenAt(text: string, message: string): Place | null {
  const position = /position (\d+)/.exec(message)
  if (position) return { start: Number(position[1]), end: Number(position[1]) + 1 }
  const line = /line (\d+) column (\d+)/.exec(message)
  if (!line) return null
  const before = text.split('\n').slice(0, Number(line[1]) - 1)
  const start = before.reduce((sum, one) => sum + one.length + 1, 0) + Number(line[2]) - 1
  return { start, end: start + 1 }
}

/** `3`, counted from 1. */
export const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length

function unquoted(token: string): string {
  try {
    return String(JSON.parse(token))
  } catch {
    return token
  }
}
