/**
 * The English texts come in a file of their own, for those who want it: half of all words that the page would otherwise
 * bring to everybody. In the sources they stand beside the Chinese ones, `texts({ hello: ['你好', 'Hello'] })` and
 * `{ zh: '你好', en: 'Hello' }`; the build leaves the Chinese and collects the English under it.
 */
import type { ESTree, Plugin } from 'vite'

const ID = '\0english'
const HERE = '__ENGLISH__'

export function english(): Plugin {
  const words = new Map<string, string>()
  let building = false
  return {
    name: 'songshen-english',
    configResolved: ({ command }) => void (building = command === 'build'),
    resolveId: (id) => (id === 'virtual:english' ? ID : null),
    load: (id) => (id === ID ? `export default ${building ? JSON.stringify(HERE) : '{}'}` : null),
    transform: {
      order: 'post',
      handler(code, id) {
        // LaterBox says that the English has not come.
        if (!building || /node_modules|LaterBox/.test(id) || !/\btexts\(|\ben:/.test(code)) return null
        let left = code
        // From the end, so that what stands before keeps its place.
        for (const { start, end, zh, en, alone } of pairsIn(this.parse(code)).reverse()) {
          // Two meanings of one Chinese text: the later one keeps its English.
          if ((words.get(zh) ?? en) !== en) continue
          words.set(zh, en)
          left = left.slice(0, start) + (alone ? JSON.stringify(zh) : '""') + left.slice(end)
        }
        return { code: left, map: null }
      },
    },
    renderChunk(code, { moduleIds }) {
      if (!moduleIds.includes(ID)) return null
      const sorted = Object.fromEntries([...words].sort(([a], [b]) => (a < b ? -1 : 1)))
      return { code: code.replace(JSON.stringify(HERE), () => JSON.stringify(sorted)), map: null }
    },
  }
}

interface Pair {
  start: number
  end: number
  zh: string
  en: string
  /** From `start` to `end` stand both, of which the Chinese alone remains; else only the English. */
  alone: boolean
}

/** The pairs in the tables that are given to `texts`, and the objects that are one, in their order. */
function pairsIn(node: ESTree.Node): Pair[] {
  if (node.type === 'ObjectExpression' && node.properties.length === 2) {
    const [zh, en] = ['zh', 'en'].map((name) => node.properties.map((property) => literal(property, name)).find(Boolean))
    if (zh && en) return [{ start: en.start, end: en.end, zh: zh.value, en: en.value, alone: false }]
  }
  if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'texts') {
    const [table] = node.arguments
    return table?.type === 'ObjectExpression' ? table.properties.flatMap(pairOf) : []
  }
  const below = Object.values(node).flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
  return below.filter(isNode).flatMap(pairsIn)
}

function pairOf(property: ESTree.ObjectPropertyKind): Pair[] {
  if (property.type !== 'Property' || property.value.type !== 'ArrayExpression') return []
  const { start, end, elements } = property.value
  const [zh, en] = elements.map((element) => (element?.type === 'Literal' ? element.value : null))
  return typeof zh === 'string' && typeof en === 'string' ? [{ start, end, zh, en, alone: true }] : []
}

/** The string that the property of this name has. */
function literal(property: ESTree.ObjectPropertyKind, name: string): { start: number; end: number; value: string } | null {
  if (property.type !== 'Property' || property.key.type !== 'Identifier' || property.key.name !== name) return null
  const { value } = property
  if (value.type !== 'Literal' || typeof value.value !== 'string') return null
  return { start: value.start, end: value.end, value: value.value }
}

function isNode(value: unknown): value is ESTree.Node {
  return typeof value === 'object' && value !== null && 'type' in value
}
