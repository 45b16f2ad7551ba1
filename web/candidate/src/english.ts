/** The English texts, which are loaded when somebody wants them. */
import { watch } from 'vue'
import { dictionary, language } from '../../shared/i18n'
import { createLater } from './lazily'

const { parts, get, failure } = createLater(() => import('virtual:english'))
watch(parts, (arrived) => arrived && (dictionary.value = arrived.default))
watch(language, (chosen) => chosen === 'en' && void get(), { immediate: true })

export { failure as englishFailure, get as fetchEnglish }
