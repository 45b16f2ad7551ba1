// @vitest-environment node
/** The check page is one small file that old browsers read, and its content policy allows nothing else. */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { parse } from 'acorn'
import { build, type Rolldown } from 'vite'
import { beforeAll, expect, it, vi } from 'vitest'

let names: string[]
let page: string

beforeAll(async () => {
  vi.stubEnv('NODE_ENV', 'production')
  const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url))
  const { output } = (await build({ configFile, logLevel: 'silent', build: { write: false } })) as Rolldown.RolldownOutput
  vi.unstubAllEnvs()
  names = output.map((file) => file.fileName)
  const [first] = output
  page = 'code' in first! ? first.code : String((first as Rolldown.OutputAsset).source)
}, 60_000)

/** What stands between the tags, of which there is one pair. */
function between(tag: string): string {
  const found = [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, content]) => content!)
  expect(found).toHaveLength(1)
  return found[0]!
}

const sha256 = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`

it('is one file of at most 7 KB, compressed with brotli', () => {
  expect(names).toEqual(['index.html'])
  expect(brotliCompressSync(page).length).toBeLessThanOrEqual(7 * 1024)
})

it('is read by browsers of 2017', () => {
  expect(() => parse(between('script'), { ecmaVersion: 2017 })).not.toThrow()
})

it('runs its own script, and nothing else', () => {
  const policy = /http-equiv="Content-Security-Policy"\s+content="(.*?)"/s.exec(page)![1]!
  expect(policy.split('; ').slice(0, 3)).toEqual([
    "default-src 'none'",
    `script-src ${sha256(between('script'))}`,
    `style-src ${sha256(between('style'))}`,
  ])
  expect(page).not.toMatch(/ (style|on\w+)="|<script src|<link rel="(?!icon)/)
})
