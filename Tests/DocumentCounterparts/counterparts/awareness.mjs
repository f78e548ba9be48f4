// What y-protocols' awareness makes of updates: reads {id, clock, updates: [hex, …]}, where the client has shown itself with that clock
// before; writes {clock, shown, others: [id, …], sent: [hex, …]}.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
const require = createRequire(import.meta.url)
const Y = require('yjs')
const { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } = require('y-protocols/awareness')

const input = JSON.parse(readFileSync(0, 'utf8'))
const doc = new Y.Doc()
doc.clientID = input.id
const awareness = new Awareness(doc)
while (awareness.meta.get(doc.clientID).clock < input.clock) awareness.setLocalState({ name: 'me' })
const sent = []
awareness.on('update', ({ added, updated, removed }) => {
  sent.push(Buffer.from(encodeAwarenessUpdate(awareness, added.concat(updated, removed))).toString('hex'))
})
for (const text of input.updates) applyAwarenessUpdate(awareness, new Uint8Array(Buffer.from(text, 'hex')), 'server')
process.stdout.write(JSON.stringify({
  clock: awareness.meta.get(doc.clientID).clock,
  shown: awareness.getLocalState() !== null,
  others: [...awareness.getStates().keys()].filter(id => id !== doc.clientID).sort((a, b) => a - b),
  sent
}))
awareness.destroy()
