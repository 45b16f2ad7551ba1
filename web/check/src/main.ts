/**
 * The check behind a notice's QR code, for anybody. Its address is `/check/#<code>`: what follows the `#` stays in the
 * browser, so that no log of the pages and no other site learns the code; the API alone is asked.
 */
import { call } from '../../shared/client'
import type { Schema, Text } from '../../shared/contract'
import { ApiError } from '../../shared/errors'
import { storedLanguage, storeLanguage, type Language } from '../../shared/language'
import './style.css'

type Check = Schema<'NoticeCheck'>
/** `ask`: nobody has given a code yet. `failed`: an answer that says nothing of the notice. */
type State = 'ask' | 'loading' | 'valid' | 'withdrawn' | 'unknown' | 'malformed' | 'network' | 'failed'

const SIGNS: Partial<Record<State, string>> = { valid: '✓', withdrawn: '✕', unknown: '✕' }
const CODE = /^[A-Za-z0-9_-]{22}$/
const TEXTS = {
  title: ['报名成功通知单核验', 'Check of a registration notice'],
  language: ['English', '中文'],
  ask: ['请输入通知单上的核验码，或扫描通知单上的二维码。', 'Enter the verification code of the notice, or scan its QR code.'],
  loading: ['正在核验…', 'Checking…'],
  valid: ['通知单有效', 'The notice is valid'],
  valid_note: [
    '请核对以下内容与通知单及持有人的证件是否一致；不一致的，通知单不可采信。',
    'Compare this with the notice and with the identity document of whoever shows it. If they differ, do not rely on the notice.',
  ],
  withdrawn: ['通知单已作废', 'The notice has been withdrawn'],
  withdrawn_note: [
    '该通知单不再有效，不能作为通过初审的凭证。持有人可登录考生页面查看原因。',
    'It is valid no longer and does not prove an approval. Its holder can sign in to the candidate page to see why.',
  ],
  unknown: ['没有这份通知单', 'There is no such notice'],
  unknown_note: [
    '请逐字核对核验码（区分大小写）。确认无误仍查不到的，这份通知单不是由本系统出具的，请与考点联系。',
    'Compare the code letter by letter; capitals matter. If it is right, this system has not issued the notice: contact the exam site.',
  ],
  malformed: ['核验码不完整或有误', 'The code is incomplete or wrong'],
  malformed_note: [
    '核验码是 22 个字母、数字、“-”或“_”。请重新扫描二维码，或照通知单逐字输入。',
    'A code is 22 letters, digits, “-” or “_”. Scan the QR code again, or copy the code from the notice.',
  ],
  network: ['未能核验：没有网络', 'Not checked: no connection'],
  network_note: ['这不说明通知单是否有效。请检查网络，然后重试。', 'This says nothing about the notice. Check your network, then try again.'],
  failed: ['未能核验：系统繁忙', 'Not checked: the system is busy'],
  failed_note: ['这不说明通知单是否有效。请过一会儿再试。', 'This says nothing about the notice. Wait a little, then try again.'],
  retry: ['重试', 'Try again'],
  exam: ['考试', 'Exam'],
  site: ['考点', 'Exam site'],
  name: ['姓名', 'Name'],
  name_note: ['（部分隐去）', '(partly hidden)'],
  code: ['核验码', 'Verification code'],
  check: ['核验', 'Check'],
  host: [
    '以上结果来自网站 {host}。请核对它与考试机构公布的网址是否相同：伪造的通知单会指向别的网站。',
    'This is what the website {host} says. Compare its name with the one that the exam office has published: a forged notice leads to another website.',
  ],
} satisfies Record<string, readonly [string, string]>

let language: Language = storedLanguage()
let state: State = 'ask'
let check: Check | null = null
let asked = 0

const t = (key: keyof typeof TEXTS) => TEXTS[key][language === 'zh' ? 0 : 1]
const pick = (text: Text) => (language === 'en' ? text.en || text.zh : text.zh || text.en)
/** Of a scanned address, or of what somebody has typed or pasted. */
const codeIn = (said: string) => said.slice(said.indexOf('#') + 1).replace(/\s/g, '')

type Child = Node | string | false
function h(name: string, attributes: Record<string, string>, ...children: Child[]): HTMLElement {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  for (const child of children) if (child) made.append(child)
  return made
}

const result = h('div', { role: 'status' })
const field = h('input', {
  id: 'code', 'data-testid': 'code', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false',
}) as HTMLInputElement
const heading = h('h1', {})
const label = h('label', { for: 'code' })
const submit = h('button', { type: 'submit', 'data-testid': 'check' })
const form = h('form', {}, label, h('div', { class: 'row' }, field, submit))
const switcher = h('button', { type: 'button', 'data-testid': 'language' })

function fact(key: 'exam' | 'site' | 'name', value: string, note = ''): HTMLElement {
  const said = h('dd', { 'data-testid': `notice-${key}` }, value, note && h('small', {}, note))
  return h('div', {}, h('dt', {}, t(key)), said)
}

function shown(): Child[] {
  if (state === 'ask') return [h('p', {}, t('ask'))]
  if (state === 'loading') return [h('p', {}, t('loading'))]
  const again = h('button', { type: 'button', 'data-testid': 'retry' }, t('retry'))
  again.addEventListener('click', () => void look())
  const [before, after] = t('host').split('{host}') as [string, string]
  return [
    h('h2', {}, h('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[state] ?? '!'), t(state)),
    h('p', {}, t(`${state}_note`)),
    !!check && h('dl', {}, fact('exam', pick(check.exam)), fact('site', pick(check.site)), fact('name', check.name, t('name_note'))),
    !!check && h('p', { class: 'host', 'data-testid': 'host' }, before, h('b', {}, location.host), after),
    (state === 'network' || state === 'failed') && again,
  ]
}

function show(next: State, found: Check | null = null): void {
  state = next
  check = found
  draw()
}

function draw(): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = heading.textContent = t('title')
  label.textContent = t('code')
  submit.textContent = t('check')
  switcher.textContent = t('language')
  switcher.lang = language === 'zh' ? 'en' : 'zh-CN'
  result.className = `result ${state}`
  result.dataset.state = state
  result.textContent = ''
  for (const child of shown()) if (child) result.append(child)
}

/** Asks about the code that the address holds. */
async function look(): Promise<void> {
  const code = codeIn(location.hash)
  const mine = ++asked
  if (code) field.value = code
  if (!code) return show('ask')
  if (!CODE.test(code)) return show('malformed')
  show('loading')
  try {
    const found = await call('GET /notices/{code}', { path: { code } })
    if (mine === asked) show(found.valid ? 'valid' : 'withdrawn', found)
  } catch (error) {
    const said = error instanceof ApiError ? error.code : ''
    if (mine === asked) show(said === 'not_found' ? 'unknown' : said === 'network' ? 'network' : 'failed')
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const code = codeIn(field.value)
  if (code === codeIn(location.hash)) void look()
  else location.hash = code
})
switcher.addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh'
  storeLanguage(language)
  draw()
})
addEventListener('hashchange', () => void look())

const page = document.getElementById('page')!
page.textContent = ''
page.append(h('header', {}, h('div', { class: 'inner' }, h('b', {}, '送审 Songshen'), switcher)), h('main', {}, heading, result, form))
void look()
