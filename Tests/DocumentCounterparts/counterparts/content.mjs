// Says what Yjs shows of updates: reads [[hex, …], …] and writes [{t, r, m, a, x, pending}, …], the roots as toJSON() gives them.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
const Y = createRequire(import.meta.url)('yjs')

function show (updates) {
  const doc = new Y.Doc()
  for (const text of updates) Y.applyUpdate(doc, new Uint8Array(Buffer.from(text, 'hex')))
  return {
    t: doc.getText('t').toJSON(),
    r: doc.getText('r').toJSON(),
    m: doc.getMap('m').toJSON(),
    a: doc.getArray('a').toJSON(),
    x: doc.getXmlFragment('x').toJSON(),
    pending: doc.store.pendingStructs !== null
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(show)))
