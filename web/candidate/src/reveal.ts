/** Brings a part of the page into sight and moves the focus there. */
export function reveal(id: string): void {
  const element = document.getElementById(id)
  if (!element) return
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  element.focus({ preventScroll: true })
  element.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' })
}
