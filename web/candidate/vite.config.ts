import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { developmentPolicy, TARGET } from '../shared/build.ts'
import { inlined } from './inline.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: here('../shared/public'),
  plugins: [vue(), developmentPolicy(), inlined()],
  // Every component is written with the composition API.
  define: { __VUE_OPTIONS_API__: false },
  build: {
    outDir: here('../dist'),
    emptyOutDir: true,
    target: TARGET,
    cssTarget: TARGET,
    cssCodeSplit: false,
    modulePreload: false,
  },
})
