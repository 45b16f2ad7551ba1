/** What both pages' builds share. */
import type { Plugin } from 'vite'

export function developmentPolicy(): Plugin {
  return {
    name: 'songshen-development-policy',
    apply: 'serve',
    // The development server injects styles and its own socket; the strict policy is for what is published. Where the API
    // is, which publishing writes into the page, is taken from the environment: `SONGSHEN_API=http://… npx vite …`.
    transformIndexHtml: (html) =>
      html
        .replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, '')
        .replace('__API__', process.env.SONGSHEN_API ?? ''),
  }
}

/** Oldest browsers that the pages are built for. */
export const TARGET = ['chrome80', 'safari14', 'ios14']
