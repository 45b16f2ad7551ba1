/** What the tests of components share. */
import { defineComponent, h } from 'vue'
import { vi } from 'vitest'
import type { Review } from './draft'

/** Element Plus is imported by the build; here a plain button and a plain input will do. */
export const components = {
  ElInput: defineComponent({
    props: ['modelValue'],
    emits: ['update:modelValue'],
    setup: (props, { emit }) => () =>
      h('input', {
        value: props.modelValue,
        onInput: (event: Event) => emit('update:modelValue', (event.target as HTMLInputElement).value),
      }),
  }),
  ElButton: defineComponent({ setup: (_, { slots }) => () => h('button', { type: 'button' }, slots.default?.()) }),
}

/** Every stage is this large; happy-dom lays nothing out. */
export const STAGE = { width: 612, height: 712 }

export function stubLayout(): void {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(private told: (entries: { contentRect: typeof STAGE }[]) => void) {}
      observe = () => this.told([{ contentRect: STAGE }])
      disconnect = () => undefined
    },
  )
}

const both = (text: string) => ({ zh: text, en: text })

/** A case in its second round: the diploma came back once and was changed. */
export function aReview(): Review {
  const slot = (id: string, changed = false) => ({
    slot: id,
    title: both(id),
    state: 'ready',
    image_url: `https://images.test/${id}-2.jpg?signature=1`,
    width: 1500,
    height: 2000,
    warnings: [],
    changed,
    previous: changed
      ? {
          image_url: `https://images.test/${id}-1.jpg?signature=1`,
          code: 'illegible',
          note: 'cannot be read',
          region: [0.1, 0.2, 0.3, 0.4],
        }
      : null,
  })
  const category = (id: string, example_url: string, ...slots: object[]) => ({
    id,
    title: both(id),
    hint: both(''),
    required: true,
    example_url,
    slots,
  })
  return {
    application: 'demo_1',
    round: 2,
    status: 'submitted',
    candidate: { name: '孙样例', registration_no: '1', id_number: '370***03', phone: '139****0003', area: both(''), site: both('') },
    exam: both('exam'),
    categories: [
      category('identity', '/examples/identity.jpg', slot('identity-1')),
      category('diploma', '', slot('diploma-1', true)),
    ],
    history: [],
    reason_codes: [{ code: 'illegible', text: both('not legible'), notes: [] }],
  } as never
}
