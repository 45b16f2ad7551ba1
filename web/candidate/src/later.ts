/** What the first screen does not need, in one file of its own: see lazily.ts. */
export { default as DeleteDialog } from './components/DeleteDialog.vue'
export { default as ExampleDialog } from './components/ExampleDialog.vue'
export { default as ImageEditor } from './components/ImageEditor.vue'
export { default as ImagePreview } from './components/ImagePreview.vue'
export { default as NoticePage } from './components/NoticePage.vue'
export { default as ProfileForm } from './components/ProfileForm.vue'
export { default as SubmitDialog } from './components/SubmitDialog.vue'
export { default as UploadProgress } from './components/UploadProgress.vue'
