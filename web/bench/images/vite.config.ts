import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { TARGET } from '../../shared/build.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Where it is built to is said on the command line: `--outDir`.
export default defineConfig({
  root: here('.'),
  base: './',
  build: { emptyOutDir: true, target: TARGET, modulePreload: false },
})
