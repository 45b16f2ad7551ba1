/** Whether the device believes it has a network. It may be wrong, both ways: nothing may wait for this alone. */
import { ref } from 'vue'

export const online = ref(navigator.onLine !== false)
const update = () => void (online.value = navigator.onLine !== false)
addEventListener('online', update)
addEventListener('offline', update)
