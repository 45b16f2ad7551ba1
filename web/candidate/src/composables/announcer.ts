/** What screen readers are told: once when something begins and once when it has ended, never on the way. */
import { nextTick, ref } from 'vue'

export const announcement = ref('')

export function announce(text: string): void {
  // The same words twice would not be read again.
  announcement.value = ''
  void nextTick(() => (announcement.value = text))
}
