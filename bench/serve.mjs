/**
 * What stands between a phone and the stack in the page bench: `node bench/serve.mjs <stack's host> <pages' host>`.
 *
 * It answers as CloudFront would: the published pages, asked of the stack once and then kept, compressed with brotli; calls
 * of the API are passed on. Prints its port.
 */
import { createServer, request } from 'node:http'
import { brotliCompressSync } from 'node:zlib'

const [stack, pages] = process.argv.slice(2)
const TEXT = /^(text\/|application\/(json|javascript)|image\/svg)/
const kept = new Map()

/** Asks the stack; the whole answer. */
function ask(host, { url, method = 'GET', headers = {} }, body) {
  const [name, port] = stack.split(':')
  return new Promise((resolve, reject) => {
    const asked = request({ host: name, port, path: url, method, headers: { ...headers, host } }, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

async function api(incoming, response) {
  const parts = []
  for await (const part of incoming) parts.push(part)
  const { status, headers, body } = await ask(pages, incoming, Buffer.concat(parts))
  response.writeHead(status, headers).end(body)
}

const edge = createServer(async (incoming, response) => {
  const { url } = incoming
  if (url.startsWith('/api/')) return api(incoming, response)
  if (!kept.has(url)) {
    const { status, headers, body } = await ask(pages, { url })
    const type = headers['content-type'] ?? ''
    const compressed = TEXT.test(type) && body.length > 1000
    const sent = compressed ? brotliCompressSync(body) : body
    kept.set(url, {
      status,
      sent,
      headers: {
        'content-type': type,
        'cache-control': headers['cache-control'] ?? '',
        'content-length': sent.length,
        ...(compressed && { 'content-encoding': 'br', vary: 'Accept-Encoding' }),
      },
    })
  }
  const { status, headers, sent } = kept.get(url)
  response.writeHead(status, headers).end(sent)
})

edge.listen(0, '127.0.0.1', () => console.log(edge.address().port))
