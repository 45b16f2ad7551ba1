// @vitest-environment node
/** What a phone gets: how much it is, whether an old browser can read it, and what its content policy allows. */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { parse, type Node } from 'acorn'
import { build, type Rolldown } from 'vite'
import { beforeAll, describe, expect, it, vi } from 'vitest'

const KB = 1024
const files = new Map<string, string>()
/** Of each script every node of its syntax tree, in no order. */
const syntax = new Map<string, Node[]>()
let page: string
let style: string

beforeAll(async () => {
  // Else it would be built for tests, with Vue's advice to developers.
  vi.stubEnv('NODE_ENV', 'production')
  const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url))
  const built = (await build({ configFile, logLevel: 'silent', build: { write: false } })) as Rolldown.RolldownOutput
  for (const file of built.output) files.set(file.fileName, 'code' in file ? file.code : String(file.source))
  page = files.get('index.html')!
  style = /<style>(.*?)<\/style>/s.exec(page)![1]!
  vi.unstubAllEnvs()
  for (const [name, code] of files) if (name.endsWith('.js')) syntax.set(name, nodesOf(code))
}, 60_000)

/** Of a script that a browser of 2020 can read; raises SyntaxError. */
function nodesOf(code: string): Node[] {
  const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value
  const found: Node[] = []
  const left: Node[] = [parse(code, { ecmaVersion: 2020, sourceType: 'module' })]
  for (let node = left.pop(); node; node = left.pop()) {
    found.push(node)
    for (const value of Object.values(node) as unknown[]) left.push(...(Array.isArray(value) ? value : [value]).filter(isNode))
  }
  return found
}

/** The files of this name, which the build has given a hash. */
function named(name: string, ending: string): string[] {
  const pattern = new RegExp(`^assets/${name}-[\\w-]{8}\\.${ending}$`)
  return [...files].filter(([file]) => pattern.test(file)).map(([, content]) => content)
}

function kilobytes(...contents: string[]): number {
  return contents.reduce((sum, content) => sum + brotliCompressSync(content).length, 0) / KB
}

const sheets = () => [['index.html', style] as const, ...[...files].filter(([name]) => name.endsWith('.css'))]

describe('the budget, compressed with brotli', () => {
  it('of what comes first: at most 40 KB of scripts and styles', () => {
    const first = named('index', 'js')
    expect(first).toHaveLength(1)
    expect(kilobytes(...first, style)).toBeLessThanOrEqual(40)
  })

  it('counts no English, which comes when somebody wants it', () => {
    const [first, later, english] = ['index', 'later', '_english'].map((name) => named(name, 'js').join()) as [string, string, string]
    for (const [zh, en] of [['用户名', 'User name'], ['不删除', 'Keep it']] as const) {
      expect(`${first}${later}`.includes(zh), zh).toBe(true)
      expect(`${first}${later}`.includes(en), en).toBe(false)
      expect(english.includes(zh) && english.includes(en), en).toBe(true)
    }
  })

  it('reads English in one place, pick(): what stands beside the Chinese in the sources has gone', () => {
    type Reading = Node & { property: { name?: string } }
    const reads = (node: Node) => node.type === 'MemberExpression' && (node as Reading).property.name === 'en'
    const readers = [...syntax].map(([name, nodes]) => [name.replace(/.*\/|-.*/g, ''), nodes.filter(reads).length])
    expect(readers.filter(([, count]) => count)).toEqual([['index', 2]])
  })

  it('of what is fetched ahead: at most 20 KB', () => {
    const later = [...named('later', 'js'), ...named('later', 'css'), ...named('worker', 'js')]
    expect(later).toHaveLength(3)
    expect(kilobytes(...later)).toBeLessThanOrEqual(20)
  })

  it('of a document to print, when it is opened: at most 6 KB', () => {
    expect(kilobytes(...named('sheets', 'js'), ...named('sheets', 'css'))).toBeLessThanOrEqual(6)
  })

  it('forgets no file', () => {
    const known = ['index', 'later', 'sheets', 'worker', '_english'].flatMap((name) => [...named(name, 'js'), ...named(name, 'css')])
    expect(known).toHaveLength([...files].filter(([name]) => /\.(js|css)$/.test(name)).length)
  })
})

describe('the content policy', () => {
  const policy = () => /http-equiv="Content-Security-Policy"\s+content="(.*?)"/s.exec(page)![1]!
  const directive = (name: string) => new RegExp(`${name} (.*?)(;|$)`).exec(policy())![1]
  const sha256 = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`

  it('allows the one script and the one style that stand in the page, and no others', () => {
    const inline = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, content]) => content!)
    expect(inline).toHaveLength(1)
    expect(page.match(/<style/g)).toHaveLength(1)
    expect(directive('script-src')).toBe(`'self' ${sha256(inline[0]!)}`)
    expect(directive('style-src')).toBe(`'self' ${sha256(style)}`)
    expect(page).not.toMatch(/ (style|on\w+)="/)
  })
})

describe('Chrome 80 and Safari 14', () => {
  it('read every script: ES2020, no regular expression that looks behind', () => {
    expect(syntax.size).toBeGreaterThan(0)
    for (const [name, nodes] of syntax) {
      const patterns = nodes.flatMap((node) => ('regex' in node ? [(node.regex as { pattern: string }).pattern] : []))
      expect(patterns.filter((pattern) => /\(\?<[=!]/.test(pattern)), name).toEqual([])
    }
  })

  it('have the methods that are called', () => {
    // Younger than these browsers, and easily called without a thought: of strings, lists, objects, signals, elements.
    const young = ['replaceAll', 'hasOwn', 'findLast', 'structuredClone', 'randomUUID', 'throwIfAborted', 'replaceChildren']
    for (const [name, nodes] of syntax) {
      const called = nodes.flatMap((node) => {
        if (node.type !== 'CallExpression') return []
        const { callee } = node as Node & { callee: { name?: string; property?: { name?: string } } }
        return [callee.property?.name ?? callee.name ?? '']
      })
      expect(young.filter((method) => called.includes(method)), name).toEqual([])
    }
  })

  it.each([
    ['inset', /[{;]inset(-\w+)*:/],
    ['aspect-ratio', /[{;]aspect-ratio:/],
    ['gap, which they know in grids by the name of grid-gap', /[{;](row-|column-)?gap:/],
    ['selectors', /:(is|where|has)\(/],
    ['rules', /@(layer|container|property|scope)\b/],
    ['colours', /(color-mix|oklch|oklab|lab|lch)\(/],
    ['ranges in media queries', /@media[^{]*[<>]/],
    ['nesting', /&/],
  ])('need no %s', (_, young) => {
    for (const [name, css] of sheets()) expect(young.exec(css)?.[0], name).toBeUndefined()
  })

  it('find a height that they know before one that they do not', () => {
    for (const [name, css] of sheets()) {
      for (const [, block] of css.matchAll(/\{([^{}]*)\}/g)) {
        const known = new Set<string>()
        for (const [property, value = ''] of block!.split(';').map((line) => line.split(':') as [string, string?])) {
          if (/\d[dsl]v[hw]\b/.test(value)) expect(known.has(property), `${name}: ${property}:${value}`).toBe(true)
          known.add(property)
        }
      }
    }
  })
})
