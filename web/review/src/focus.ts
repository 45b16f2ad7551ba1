/** The focus is never lost: where what had it is gone, the heading of the page takes it. */
import { nextTick } from 'vue'

export function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus()
}

/** After the page has been redrawn. What cannot be used any more is about to lose it. */
export async function keepFocus(): Promise<void> {
  await nextTick()
  const { activeElement } = document
  if (!activeElement || activeElement === document.body || activeElement.closest('[inert], :disabled')) focusHeading()
}
