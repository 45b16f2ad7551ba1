/**
 * The page's first paint needs one file: its styles, and the script that asks for the application at once, stand in
 * index.html itself. The content security policy names both by their hashes and allows nothing else that is inline.
 */
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'
import { hash, replaced, TARGET } from '../shared/build.ts'

const EARLY = fileURLToPath(new URL('src/early.ts', import.meta.url))

export function inlined(): Plugin {
  return {
    name: 'songshen-inlined',
    apply: 'build',
    load: { order: 'pre', handler: (id) => (id === '\0vite/preload-helper.js' ? PRELOAD : null) },
    transformIndexHtml: {
      order: 'post',
      async handler(html, { bundle = {} }) {
        const script = await early()
        const [link, name] = /\s*<link rel="stylesheet"[^>]*href="\.\/(.*?)">/.exec(html) ?? ['no style sheet', '']
        const [main] = /\s*<script type="module".*?<\/script>/.exec(html) ?? ['no script']
        const file = bundle[name]
        const style = file?.type === 'asset' ? String(file.source).replace(/\/\*.*?\*\//g, '').trim() : ''
        delete bundle[name]
        return [
          [link, ''],
          ["script-src 'self'", `script-src 'self' ${hash(script)}`],
          ["style-src 'self'", `style-src 'self' ${hash(style)}`],
          ['<!-- styles -->', `<style>${style}</style>`],
          [main, ''],
          // The page's script is asked for before the first one runs.
          ['<!-- early -->', `${main.trim()}<script>${script}</script>`],
        ].reduce((page, [from, to]) => replaced(page, from!, to as string), html)
      },
    },
  }
}

// Vite's own also gives up for ever on a style sheet that once did not come.
const PRELOAD = `
export const __vitePreload = (load, files = [], from) => Promise.all(files.map((file) => styled(new URL(file, from).href))).then(load)
function styled(href) {
  const links = [...document.querySelectorAll('link[rel=stylesheet]')]
  if (!href.endsWith('.css') || links.some((link) => link.href === href)) return
  return new Promise((resolve, reject) => {
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = href
    link.onload = resolve
    link.onerror = () => {
      link.remove()
      reject(Object.assign(new Error(href), { name: 'NetworkError' }))
    }
    document.head.append(link)
  })
}`

/** The first script, bundled by itself. */
async function early(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, target: TARGET, lib: { entry: EARLY, formats: ['iife'], name: 'early' } },
  })
  const [chunk] = [built].flat().flatMap((each) => ('output' in each ? each.output : []))
  if (chunk?.type !== 'chunk') throw new Error('early.ts was not built')
  return chunk.code.trim()
}
