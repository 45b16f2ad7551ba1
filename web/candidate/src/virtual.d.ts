/** Made by the build: see english.ts beside this directory. */
declare module 'virtual:english' {
  /** English by Chinese. */
  const words: Record<string, string>
  export default words
}
