import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { developmentPolicy, hash, replaced } from '../shared/build.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Older than the candidates' browsers: whoever is shown a notice checks it with whatever they have. */
const TARGET = 'es2017'

/** Makes everything one file: whoever scans the code waits for one answer, then for the API's. */
function single(): Plugin {
  return {
    name: 'songshen-single-file',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const take = (pattern: RegExp) => {
          const [tag, name] = pattern.exec(html) ?? ['no such tag', '']
          const file = bundle[name!]
          delete bundle[name!]
          return { tag, content: (file?.type === 'chunk' ? file.code : String(file?.source ?? '')).trim() }
        }
        const style = take(/\s*<link rel="stylesheet"[^>]*href="\.\/(.*?)">/)
        const module = take(/\s*<script type="module"[^>]*src="\.\/(.*?)"><\/script>/)
        // A script of its own kind, not a module: its names stay its own.
        const script = `(()=>{${module.content}})()`
        return [
          [style.tag, ''],
          [module.tag, ''],
          ["script-src 'self'", `script-src ${hash(script)}`],
          ["style-src 'self'", `style-src ${hash(style.content)}`],
          ['<!-- styles -->', `<style>${style.content}</style>`],
          ['<!-- script -->', `<script>${script}</script>`],
        ].reduce((page, [from, to]) => replaced(page, from!, to as string), html)
      },
    },
  }
}

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  plugins: [developmentPolicy(), single()],
  build: { outDir: here('../dist/check'), emptyOutDir: true, target: TARGET, cssTarget: ['chrome61', 'safari11'], modulePreload: false },
})
