import { createApp } from 'vue'
import 'element-plus/theme-chalk/dark/css-vars.css'
import App from './App.vue'
import './theme.css'
import './base.css'
import './theme'

createApp(App).mount('#app')
