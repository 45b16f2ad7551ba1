/** The documents to print, in one file that comes when somebody opens one: see lazily.ts. */
export { default as NoticePage } from './components/NoticePage.vue'
export { default as ReceiptPage } from './components/ReceiptPage.vue'
