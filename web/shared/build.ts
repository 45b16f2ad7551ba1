/** What the pages' builds share. */
import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

export function developmentPolicy(): Plugin {
  return {
    name: 'songshen-development-policy',
    apply: 'serve',
    // The development server injects styles and its own socket; the strict policy is for what is published. Where it finds
    // the API, as the distribution does, is taken from the environment: `SONGSHEN_API=<"api" of stack.json> npx vite …`.
    transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ''),
    config: () => ({
      server: { proxy: { '/api/': { target: process.env.SONGSHEN_API, rewrite: (path) => path.slice('/api'.length) } } },
    }),
  }
}

/** Oldest browsers that the pages are built for. */
export const TARGET = ['chrome80', 'safari14', 'ios14']

/** How a content policy names what stands in the page itself. */
export function hash(content: string): string {
  if (/<\/|<!--|\r/.test(content)) throw new Error('cannot stand in a page: ' + content)
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}

export function replaced(page: string, from: string | RegExp, to: string): string {
  if (page.search(from) < 0) throw new Error(`not in index.html: ${from}`)
  return page.replace(from, () => to)
}
