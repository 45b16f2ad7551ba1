/** Where the console is: the queue, or one case (`#/case/<application>`), so that the browser's own keys work. */
import { readonly, ref } from 'vue'

function read(): string | null {
  const found = /^#\/case\/([A-Za-z0-9_-]{1,60})$/.exec(location.hash)
  return found ? found[1]! : null
}

const current = ref(read())
addEventListener('hashchange', () => (current.value = read()))

/** The open case, null in the queue. */
export const openCase = readonly(current)

export function caseLink(application: string): string {
  return `#/case/${application}`
}

export function go(application: string | null): void {
  const hash = application ? caseLink(application) : '#/'
  if (location.hash !== hash) location.hash = hash
  current.value = application
}
