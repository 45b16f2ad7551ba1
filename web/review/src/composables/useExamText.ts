/** The exam's document as an administrator has it under the pen. It outlives a change of the page, and nobody's sign-out. */
import { computed, ref, watch } from 'vue'
import { staff } from './useSession'

export const examText = ref('')
/** As it was read. */
const asRead = ref('')
/** Of what was read; null until then. */
export const examVersion = ref<number | null>(null)
export const examUnsaved = computed(() => examText.value !== asRead.value)

export function takeExam(version: number, document: object): void {
  examText.value = asRead.value = JSON.stringify(document, null, 2)
  examVersion.value = version
}

/** This text is what is in force. */
export function examSaved(text: string, version: number): void {
  asRead.value = text
  examVersion.value = version
}

watch(
  () => staff.value?.username,
  () => {
    examText.value = asRead.value = ''
    examVersion.value = null
  },
  { flush: 'sync' },
)
