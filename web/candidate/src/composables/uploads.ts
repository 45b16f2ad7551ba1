/**
 * The uploads as the page knows them. What makes them, useUploads.ts, comes later, with the editor: until then there are
 * none, and nothing that could start one.
 */
import { computed, inject, shallowRef, watch, type InjectionKey, type ShallowRef } from 'vue'
import type { createUploads } from './useUploads'

type Made = ReturnType<typeof createUploads>
type Create = typeof createUploads

export interface Uploads extends Omit<Made, 'jobs'> {
  jobs: Readonly<Pick<Made['jobs'], 'value'>>
}

export function uploadsLater(parts: ShallowRef<{ createUploads: Create } | null>, around: Parameters<Create>[0]): Uploads {
  const made = shallowRef<Made>()
  const create = () => parts.value && (made.value ??= parts.value.createUploads(around))
  watch(parts, create, { immediate: true, flush: 'sync' })
  const there = () => {
    if (!made.value) throw new Error('not yet')
    return made.value
  }
  return {
    jobs: computed(() => made.value?.jobs.value ?? []),
    active: computed(() => made.value?.active.value ?? []),
    unsent: computed(() => made.value?.unsent.value ?? []),
    checking: computed(() => !!made.value?.checking.value),
    forSlot: (slot) => made.value?.forSlot(slot),
    settle: (view) => made.value?.settle(view),
    clear: () => made.value?.clear(),
    start: (...given) => there().start(...given),
    retry: (...given) => there().retry(...given),
    cancel: (...given) => there().cancel(...given),
    remove: (...given) => there().remove(...given),
  }
}

export const uploadsKey: InjectionKey<Uploads> = Symbol('uploads')

export function useUploads(): Uploads {
  const uploads = inject(uploadsKey)
  if (!uploads) throw new Error('no uploads')
  return uploads
}
