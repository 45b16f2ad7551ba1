import { parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { developmentPolicy, TARGET } from '../shared/build.ts'
import { english } from './english.ts'
import { inlined } from './inline.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Marks a component's styles by its name, which compresses better than eight letters by chance.
const byName = (path: string) => parse(path).name.toLowerCase()

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: here('../shared/public'),
  plugins: [vue({ features: { componentIdGenerator: byName } }), developmentPolicy(), english(), inlined()],
  // Every component is written with the composition API.
  define: { __VUE_OPTIONS_API__: false },
  build: {
    outDir: here('../dist'),
    emptyOutDir: true,
    target: TARGET,
    cssTarget: TARGET,
    modulePreload: false,
  },
})
