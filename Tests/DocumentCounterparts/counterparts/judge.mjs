// Says what Yjs makes of updates: reads [[hex, …], …] and writes [{content, vector, pending}, …]. A hex that begins with "2:" is of version 2.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
const Y = createRequire(import.meta.url)('yjs')

function sorted (value) {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (Array.isArray(value)) return value.map(sorted)
  if (value && typeof value === 'object') return Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]))
  return value === undefined ? 'undefined' : value
}

function judge (updates) {
  const doc = new Y.Doc()
  for (const text of updates) {
    const second = text.startsWith('2:')
    const bytes = new Uint8Array(Buffer.from(second ? text.slice(2) : text, 'hex'))
    if (second) Y.applyUpdateV2(doc, bytes); else Y.applyUpdate(doc, bytes)
  }
  const subs = []
  doc.getMap('s').forEach((sub, key) => subs.push([key, sub.guid]))
  const content = JSON.stringify(sorted({
    t: doc.getText('t').toString(),
    r: doc.getText('r').toDelta(),
    m: doc.getMap('m').toJSON(),
    a: doc.getArray('a').toJSON(),
    x: doc.getXmlFragment('x').toString(),
    s: subs.sort()
  }))
  const vector = [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort((a, b) => a[0] - b[0]).map(pair => pair.join(':')).join(' ')
  return { content, vector, pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(judge)))
