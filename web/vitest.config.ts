import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { english } from './candidate/english.ts'

export default defineConfig({
  plugins: [vue(), english()],
  test: {
    environment: 'happy-dom',
    include: ['{shared,candidate,review,check}/**/*.test.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
})
