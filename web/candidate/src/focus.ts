/** The focus goes with the work: when what has it goes away, it moves to what that was in, not to the top of the page. */

/** The elements that the focus may fall back to, the nearest first: this one and all it is in. */
export function wayBack(from: Element | null): HTMLElement[] {
  const way: HTMLElement[] = []
  for (let at = from; at; at = at.parentElement) if (at instanceof HTMLElement && at !== document.body) way.push(at)
  return way
}

/** Focuses the first of them that is still there, else the page's main part. */
export function focusFirst(way: HTMLElement[]): void {
  const [first, ...around] = way
  const home = first?.isConnected ? first : around.find((at) => at.isConnected && at.hasAttribute('tabindex'))
  const target = home ?? document.getElementById('main')
  target?.focus({ preventScroll: true })
}

/** Watches over the focus; the answer ends that. */
export function keepFocus(): () => void {
  let way: HTMLElement[] = []

  function came(event: FocusEvent) {
    way = wayBack(event.target as Element)
  }

  function went() {
    const left = way
    // Whoever leaves an element that stays, for nothing in particular, wants no focus. One that is being removed is still
    // there at this moment.
    queueMicrotask(() => {
      if (left === way && left[0]?.isConnected && left[0] !== document.activeElement) way = []
    })
  }

  const observer = new MutationObserver(() => {
    const at = document.activeElement
    if ((at && at !== document.body) || !way[0] || way[0].isConnected) return
    focusFirst(way)
  })
  document.addEventListener('focusin', came)
  document.addEventListener('focusout', went)
  observer.observe(document.body, { childList: true, subtree: true })
  return () => {
    document.removeEventListener('focusin', came)
    document.removeEventListener('focusout', went)
    observer.disconnect()
  }
}
