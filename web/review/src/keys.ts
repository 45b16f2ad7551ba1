/**
 * Every key of the console, in one table. Components say what a command does while they are on the page:
 * `useKeys({ fit, zoom_in: () => zoom(1.25) })`. There is one listener, in App.
 *
 * Keys are off while somebody types in a field, but for `typing`, and while a dialog is open.
 */
import { onMounted, onUnmounted, ref } from 'vue'

interface Key {
  /** As in `KeyboardEvent.key`, letters in capitals; `Ctrl+` is also ⌘. */
  keys: readonly string[]
  group: 'decide' | 'image' | 'page'
  /** Held down, it happens again and again. */
  repeats?: boolean
  /** Works while typing. */
  typing?: boolean
}

export const KEYS = {
  approve: { keys: ['A'], group: 'decide' },
  return: { keys: ['R'], group: 'decide' },
  mark: { keys: ['M', 'X'], group: 'decide' },
  reason: { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], group: 'decide' },
  note: { keys: ['N'], group: 'decide' },
  box: { keys: ['B'], group: 'decide' },
  unbox: { keys: ['Delete'], group: 'decide' },
  send: { keys: ['Ctrl+Enter'], group: 'decide', typing: true },
  undo: { keys: ['U', 'Ctrl+Z'], group: 'decide' },
  next: { keys: ['J', 'ArrowRight'], group: 'image', repeats: true },
  previous: { keys: ['K', 'ArrowLeft'], group: 'image', repeats: true },
  zoom_in: { keys: ['+', '='], group: 'image', repeats: true },
  zoom_out: { keys: ['-'], group: 'image', repeats: true },
  fit: { keys: ['F', '0'], group: 'image' },
  actual: { keys: ['Z'], group: 'image' },
  turn_right: { keys: ['T'], group: 'image' },
  turn_left: { keys: ['Shift+T'], group: 'image' },
  pan: {
    keys: ['Shift+ArrowLeft', 'Shift+ArrowRight', 'Shift+ArrowUp', 'Shift+ArrowDown'],
    group: 'image',
    repeats: true,
  },
  flip: { keys: ['V'], group: 'image' },
  compare: { keys: ['C'], group: 'image' },
  example: { keys: ['E'], group: 'image' },
  identity: { keys: ['I'], group: 'page' },
  search: { keys: ['/'], group: 'page' },
  row_next: { keys: ['ArrowDown'], group: 'page', repeats: true },
  row_previous: { keys: ['ArrowUp'], group: 'page', repeats: true },
  queue: { keys: ['G'], group: 'page' },
  take: { keys: ['S'], group: 'page' },
  help: { keys: ['?'], group: 'page' },
  leave: { keys: ['Escape'], group: 'page', typing: true },
} as const satisfies Record<string, Key>

export type Command = keyof typeof KEYS
/** Answers false where it does not apply: then what was registered before it gets the key, or else the browser. */
export type Act = (event: KeyboardEvent) => unknown

const KEPT = 'songshen.keys'
const byKey = new Map(
  (Object.keys(KEYS) as Command[]).flatMap((command) => KEYS[command].keys.map((key) => [key as string, command] as const)),
)
const acts = new Map<Command, Act[]>()

/** Keys without Ctrl get in the way of speech input and unsteady hands: they can be switched off, on this computer. */
export const plainKeys = ref(read())

export function setPlainKeys(on: boolean): void {
  plainKeys.value = on
  try {
    localStorage.setItem(KEPT, on ? 'on' : 'off')
  } catch {
    /* then it holds until the reload */
  }
}

/** While the component is on the page, these commands do this; the component that came last goes first. */
export function useKeys(own: Partial<Record<Command, Act>>): void {
  const entries = Object.entries(own) as [Command, Act][]
  onMounted(() => entries.forEach(([command, act]) => acts.set(command, [act, ...(acts.get(command) ?? [])])))
  onUnmounted(() =>
    entries.forEach(([command, act]) => acts.set(command, acts.get(command)!.filter((one) => one !== act))),
  )
}

/** The page's one listener; returns what removes it. */
export function listenToKeys(): () => void {
  addEventListener('keydown', pressed)
  return () => removeEventListener('keydown', pressed)
}

export function dialogOpen(): boolean {
  return document.querySelector('dialog[open], [aria-modal=true]') !== null
}

function pressed(event: KeyboardEvent): void {
  const command = byKey.get(nameOf(event))
  if (!command || event.defaultPrevented || event.isComposing || event.altKey || dialogOpen()) return
  const key: Key = KEYS[command]
  if (event.repeat && !key.repeats) return
  if (!plainKeys.value && event.key.length === 1 && !event.ctrlKey && !event.metaKey) return
  const target = event.target instanceof Element ? event.target : document.body
  if (!key.typing && typesInto(target)) return
  // The arrows choose among radio buttons.
  if (event.key.startsWith('Arrow') && target.closest('[type=radio], [role=radiogroup]')) return
  if ((acts.get(command) ?? []).some((act) => act(event) !== false)) event.preventDefault()
}

/** Shift counts with letters and named keys; elsewhere it has made the sign already. */
function nameOf({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const name = key.length === 1 ? key.toUpperCase() : key
  const shift = shiftKey && (key.length > 1 || /[A-Z]/.test(name))
  return `${ctrlKey || metaKey ? 'Ctrl+' : ''}${shift ? 'Shift+' : ''}${name}`
}

function typesInto(target: Element): boolean {
  return target.matches(
    'textarea, select, [contenteditable=true], input:not([type=radio], [type=checkbox], [type=button], [type=submit])',
  )
}

function read(): boolean {
  try {
    return localStorage.getItem(KEPT) !== 'off'
  } catch {
    return true
  }
}
