/** What a dialog sends: once at a time, and what is wrong with it is said, and has the focus, at the field that it is about. */
import { nextTick, ref, shallowRef } from 'vue'
import { type Refusal, refusalOf } from './useCases'

/** What the server would say too, before it is asked. */
export const wrongField = (field: string, text: () => string): Refusal => ({ field, text, code: '' })

/** Fields have the id `<dialog>-<field>`, what is about none of them `<dialog>-refused`; `fieldOf` is where a path leads to. */
export function useSending(dialog: string, fieldOf = (said: string) => said) {
  const sending = ref(false)
  const refusal = shallowRef<Refusal | null>(null)

  async function refused(now: Refusal) {
    refusal.value = { ...now, field: fieldOf(now.field) }
    await nextTick()
    const field = document.getElementById(`${dialog}-${refusal.value.field}`) ?? document.getElementById(`${dialog}-refused`)
    field?.focus()
  }

  /** What is being put right is wrong no longer; what is about no field stays until the next attempt. */
  function mended() {
    if (refusal.value?.field) refusal.value = null
  }

  /** Asks unless something is `wrong`; what is answered so is said like a refusal. */
  async function send(wrong: () => Refusal | null, asked: () => Promise<Refusal | void>) {
    if (sending.value) return
    refusal.value = null
    const found = wrong()
    if (found) return refused(found)
    sending.value = true
    try {
      const answered = await asked()
      if (answered) await refused(answered)
    } catch (error) {
      await refused(refusalOf(error))
    } finally {
      sending.value = false
    }
  }

  return { sending, refusal, mended, send }
}
