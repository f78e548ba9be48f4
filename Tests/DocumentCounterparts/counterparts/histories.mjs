// Writes histories of random edits that Yjs made, as JSON: node histories.mjs FIRST_SEED COUNT
import { createRequire } from 'node:module'
const Y = createRequire(import.meta.url)('yjs')
const hex = bytes => Buffer.from(bytes).toString('hex')

function history (seed) {
  let state = seed * 2654435761 % 0x7fffffff + 1
  const random = n => { state = (state * 48271) % 0x7fffffff; return state % n }
  const pick = list => list[random(list.length)]
  const words = ['a', 'bc', 'héllo ', '😀', 'x😀y', '日本', '\n', 'typing along', '👩‍👩‍👧']
  const gc = seed % 2 === 0
  const ids = [1, 300, 70000 + seed, 4294967295 - seed, 2 ** 40 + seed, 2 ** 53 - 1 - seed]
  const count = 2 + random(3)
  const log = []
  const replicas = []
  for (let i = 0; i < count; i++) {
    const doc = new Y.Doc({ gc })
    doc.clientID = ids.splice(random(ids.length), 1)[0]
    const replica = { doc, seen: 0 }
    doc.on('update', (update, origin) => { if (origin !== 'log') log.push({ update, from: i }) })
    // Follows the event above, in the same order.
    doc.on('updateV2', (update, origin) => { if (origin !== 'log') log.find(entry => !entry.second && entry.from === i).second = update })
    replicas.push(replica)
  }
  // Yjs and Yrs disagree about text whose surrogate pairs were cut: only histories that say so do that.
  const cutsPairs = seed % 5 === 0
  const snap = (text, at) => !cutsPairs && (text.charCodeAt(at) & 0xfc00) === 0xdc00 ? at + 1 : at
  const narrow = () => cutsPairs ? pick(words) : pick(['a', 'bc', 'héllo ', '日本', '\n'])
  const value = () => pick([null, true, false, -5, 0.5, 1e300, 2 ** 40, 'text', [1, [2]], { p: [1], q: { r: null } }, new Uint8Array([9, 8])])
  const nested = depth => {
    const type = pick([() => new Y.Map(), () => new Y.Array(), () => new Y.Text(pick(words))])()
    if (type instanceof Y.Map) type.set('k', depth > 0 && random(2) ? nested(depth - 1) : value())
    if (type instanceof Y.Array) type.insert(0, [value(), depth > 0 && random(2) ? nested(depth - 1) : value()])
    return type
  }
  const edits = [
    doc => { const t = doc.getText('t'); let at = snap(t.toString(), random(t.length + 1)); for (let i = random(5); i >= 0; i--) { const w = pick(words); t.insert(at, w); at += w.length } },
    doc => { const t = doc.getText('t'); t.insert(t.length, pick(words)) },
    doc => { const t = doc.getText('t'); if (t.length > 1) { const s = t.toString(); const at = snap(s, random(t.length)); t.delete(at, snap(s, Math.min(at + 1 + random(6), t.length)) - at) } },
    doc => { const r = doc.getText('r'); r.insert(random(r.length + 1), narrow(), random(2) ? { bold: true } : undefined) },
    doc => { const r = doc.getText('r'); if (r.length > 2) r.format(random(r.length - 1), 1 + random(2), { bold: pick([true, null]), link: pick([null, 'http://x']) }) },
    doc => { const r = doc.getText('r'); r.insertEmbed(random(r.length + 1), { image: 'i', n: random(9) }) },
    doc => { doc.getMap('m').set('k' + random(3), value()) },
    doc => { doc.getMap('m').set('n' + random(3), nested(2)) },
    doc => { doc.getMap('m').delete('k' + random(3)) },
    doc => { const a = doc.getArray('a'); a.insert(random(a.length + 1), [value(), value(), value()].slice(random(3))) },
    doc => { const a = doc.getArray('a'); if (a.length > 0) { const at = random(a.length); a.delete(at, Math.min(1 + random(3), a.length - at)) } },
    doc => { const a = doc.getArray('a'); a.insert(a.length, [nested(1)]) },
    doc => { const x = doc.getXmlFragment('x'); const e = new Y.XmlElement('p'); e.setAttribute('id', '' + random(9)); x.insert(random(x.length + 1), [e]); e.insert(0, [new Y.XmlText(pick(words))]) },
    doc => { const x = doc.getXmlFragment('x'); if (x.length > 0) x.delete(random(x.length), 1) },
    doc => { const sub = new Y.Doc({ guid: 'sub' + random(3), meta: { a: 1 } }); doc.getMap('s').set('d' + random(2), sub) },
    doc => { for (const v of doc.getMap('m').values()) if (v instanceof Y.Array) v.insert(0, [value()]) }
  ]
  const steps = 20 + random(60)
  let partial = null
  for (let step = 0; step < steps; step++) {
    const replica = pick(replicas)
    if (random(3) === 0) {
      const until = replica.seen + random(log.length - replica.seen + 1)
      while (replica.seen < until) Y.applyUpdate(replica.doc, log[replica.seen++].update, 'log')
    }
    replica.doc.transact(() => { for (let i = random(3); i >= 0; i--) pick(edits)(replica.doc) })
    if (partial === null && step > steps / 2) partial = Y.encodeStateAsUpdate(replica.doc)
  }
  const whole = new Y.Doc({ gc })
  for (const { update } of log) Y.applyUpdate(whole, update)
  return {
    seed,
    gc,
    cutsPairs,
    updates: log.map(entry => hex(entry.update)),
    second: log.map(entry => hex(entry.second)),
    state: hex(Y.encodeStateAsUpdate(whole)),
    stateSecond: hex(Y.encodeStateAsUpdateV2(whole)),
    stateVector: hex(Y.encodeStateVector(whole)),
    merged: hex(Y.mergeUpdates(log.map(entry => entry.update))),
    partial: hex(partial),
    partialVector: hex(Y.encodeStateVectorFromUpdate(partial))
  }
}

const first = Number(process.argv[2])
const result = []
for (let seed = first; seed < first + Number(process.argv[3]); seed++) result.push(history(seed))
process.stdout.write(JSON.stringify(result))
