import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: {
    environment: 'happy-dom',
    include: ['{shared,candidate,review}/**/*.test.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
})
