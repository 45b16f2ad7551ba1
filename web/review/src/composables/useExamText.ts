/** The exam's document as an administrator has it under the pen. It outlives a change of the page, and nobody's sign-out. */
import { computed, ref, watch } from 'vue'
import type { Schema } from '../../../shared/contract'
import { staff } from './useSession'

export const examText = ref('')
/** As it was read. */
const asRead = ref('')
/** Of what was read; null until then. */
export const examVersion = ref<number | null>(null)
/** When the candidates' records are deleted, as the version in force has it; empty until it was read. */
export const examRecordsEnd = ref('')
export const examUnsaved = computed(() => examText.value !== asRead.value)

export function takeExam(read: Schema<'ExamVersion'>): void {
  examText.value = asRead.value = JSON.stringify(read.document, null, 2)
  examVersion.value = read.version
  examRecordsEnd.value = read.records_end
}

/** This text is what is in force. */
export function examSaved(text: string, version: number): void {
  asRead.value = text
  examVersion.value = version
}

watch(
  () => staff.value?.username,
  () => {
    examText.value = asRead.value = examRecordsEnd.value = ''
    examVersion.value = null
  },
  { flush: 'sync' },
)
