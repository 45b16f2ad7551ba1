import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vite'
import { developmentPolicy, TARGET } from '../shared/build.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: here('../shared/public'),
  plugins: [
    vue(),
    Components({ dirs: [], dts: here('components.d.ts'), resolvers: [ElementPlusResolver()] }),
    developmentPolicy(),
  ],
  build: { outDir: here('../dist/review'), emptyOutDir: true, target: TARGET, cssTarget: TARGET },
})
