import { createApp } from 'vue'
import { language } from '../../shared/i18n'
import App from './App.vue'
import { fetchEnglish } from './english'
import './styles.css'

const mount = () => createApp(App).mount('#app')
if (language.value === 'en') void fetchEnglish().then(mount)
else mount()
