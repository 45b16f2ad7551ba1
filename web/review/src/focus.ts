/** The focus is never lost: where what had it is gone, the heading of the page takes it. */
import { nextTick } from 'vue'

export function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus()
}

/** After the page has been redrawn. */
export async function keepFocus(): Promise<void> {
  await nextTick()
  const { activeElement } = document
  if (!activeElement || activeElement === document.body) focusHeading()
}
