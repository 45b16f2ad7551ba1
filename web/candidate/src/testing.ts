/** Views for tests. */
import { mount } from '@vue/test-utils'
import type { Component } from 'vue'
import { applicationKey, createApplication } from './composables/useApplication'
import { uploadsKey } from './composables/uploads'
import { createUploads } from './composables/useUploads'
import type { Prepared } from './imaging/prepare'
import type { Category, Missing, Slot, View } from './rules'

const text = (words: string) => ({ zh: words, en: words })

export function aSlot(slot: string, more: Partial<Slot> = {}): Slot {
  return {
    slot,
    title: text(slot),
    state: 'empty',
    locked: false,
    image_url: null,
    width: null,
    height: null,
    sha256: null,
    uploaded_at: null,
    problems: [],
    warnings: [],
    review: null,
    ...more,
  }
}

export function aView(categories: Record<string, Slot[]>): View {
  const span = { opens: '2026-01-01T00:00:00+08:00', closes: '2026-03-13T00:00:00+08:00' }
  return {
    now: '2026-03-01T08:00:00+08:00',
    announcements: [],
    receipt: null,
    exam: {
      id: 'exam',
      name: text('考试'),
      time_zone: 'Asia/Shanghai',
      windows: { upload: span, review: span, correction: span },
      image: { max_bytes: 204_800, types: ['image/jpeg', 'image/png'] },
    },
    candidate: {
      registration_no: '1',
      name: '张三',
      area: text('山东省'),
      site: text('济南'),
      phone: '13800000000',
      address: '济南',
      profile_complete: true,
    },
    status: 'draft',
    locked: false,
    round: 0,
    editable_until: span.closes,
    submittable_until: '2026-03-13T00:10:00+08:00',
    submitted_at: null,
    serial_number: null,
    withdrawn_serial_numbers: [],
    categories: Object.entries(categories).map(
      ([id, slots]): Category => ({
        id,
        title: text(id),
        hint: text(''),
        required: true,
        example_url: '',
        exact_size: null,
        slots,
      }),
    ),
    missing: [],
    messages: [],
  }
}

export function aPrepared(sha256: string): Prepared {
  return { blob: new Blob([sha256]), type: 'image/jpeg', sha256, width: 1500, height: 2000, originalBytes: 5_200_000 }
}

export function aReview(more: Partial<NonNullable<Slot['review']>> = {}): NonNullable<Slot['review']> {
  return { code: 'illegible', text: text('不清晰'), note: '', region: null, replaced: false, ...more }
}

/** What the server says is missing; a category as a whole comes without a slot. */
export function lack(category: string, slot?: string): Missing {
  return (slot ? { category, slot } : { category }) as Missing
}

/** A component of the page in a page that shows this view; the clock stands still until `application` ticks. */
export function mountIn(component: Component, view: View, props: Record<string, unknown> = { view }) {
  const application = createApplication()
  application.accept(view)
  const uploads = createUploads({
    view: () => application.view.value,
    now: application.serverNow,
    reload: async () => undefined,
    poll: () => undefined,
  })
  const wrapper = mount(component, {
    props,
    global: { provide: { [applicationKey as symbol]: application, [uploadsKey as symbol]: uploads } },
    attachTo: document.body,
  })
  const see = (id: string) => wrapper.find(`[data-testid="${id}"]`)
  return { wrapper, application, uploads, see }
}
