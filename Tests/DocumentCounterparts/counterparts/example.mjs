// Edits of Yjs' own documents and of the example page's, at random, exchanged at random: whether all become the same. argv: a seed and how
// many histories. Writes what differs as [text, …].
import { createRequire } from 'node:module'
import { SharedDocument } from '../../../Sources/RelayServer/Edges/REST/Documents/Example/document.mjs'
const Y = createRequire(import.meta.url)('yjs')

const [first, count] = process.argv.slice(2).map(Number)
const letters = ['a', 'b', 'ä', '漢', '😀', 'line\r\n', ' ', '👩‍👧']

/** Random, but the same for each seed. */
function random (seed) {
  let state = seed * 2654435761 >>> 0
  return below => {
    state = (Math.imul(state ^ state >>> 15, 2246822519) + 3266489917) >>> 0
    return Math.floor(((state ^ state >>> 13) >>> 0) / 2 ** 32 * below)
  }
}

/** A place in a text, and how many units behind it. No pair of UTF-16 is cut: where one is, even Yjs' own copies differ. */
function stretch (text, next) {
  const isInPair = place => /[\uDC00-\uDFFF]/.test(text[place] ?? '')
  let [start, end] = [next(text.length + 1), next(4) + 1]
  if (isInPair(start)) start -= 1
  end = Math.min(text.length, start + end)
  return [start, isInPair(end) ? end - start - 1 : end - start]
}

/** A copy of Yjs' own. Its updates are what its document says. */
class YjsCopy {
  constructor (client, send) {
    this.doc = new Y.Doc()
    this.doc.clientID = client
    this.doc.on('update', (update, origin) => { if (origin !== 'others') send(update) })
  }

  get text () { return this.doc.getText('text').toString() }
  get state () { return Y.encodeStateAsUpdate(this.doc) }
  get vector () { return Y.encodeStateVector(this.doc) }
  difference (vector) { return Y.encodeStateAsUpdate(this.doc, vector) }
  apply (update) { Y.applyUpdate(this.doc, update, 'others') }

  edit (next) {
    const text = this.doc.getText('text')
    const letter = letters[next(letters.length)]
    const [place, count] = stretch(text.toDelta().map(part => part.insert).join(''), next)
    switch (next(12)) {
      case 0: case 1: case 2: case 3: case 4: return text.insert(place, letter.repeat(next(3) + 1))
      case 5: case 6: case 7: return count > 0 && text.delete(place, count)
      case 8: return count > 0 && text.format(place, count, { bold: next(2) ? true : null })
      case 9: return this.editMap(next)
      case 10: return this.editArray(next)
      // Several at once are one update.
      case 11: return this.doc.transact(() => { for (let edits = next(4); edits > 0; edits--) this.edit(next) })
    }
  }

  editMap (next) {
    const map = this.doc.getMap('map')
    const key = `key ${next(3)}`
    const inner = map.get(key)
    if (inner instanceof Y.Array && next(2)) return inner.insert(next(inner.length + 1), [new Y.Map([['n', next(9)]]), null])
    if (next(4) === 0) return map.delete(key)
    map.set(key, next(2) ? new Y.Array() : { n: next(99), list: [1.5, 'x', -70, true] })
  }

  editArray (next) {
    const array = this.doc.getArray('array')
    if (array.length > 2 && next(3) === 0) return array.delete(next(array.length - 1), 2)
    array.insert(next(array.length + 1), next(4) ? [next(9), 'x', new Uint8Array([1])] : [new Y.Text('inner')])
  }
}

/** A copy of the example page's. */
class PageCopy {
  constructor (client, send) {
    this.doc = new SharedDocument(client)
    this.send = send
  }

  get text () { return this.doc.text('text') }
  get state () { return this.doc.difference(new Uint8Array([0])) }
  get vector () { return this.doc.vector() }
  difference (vector) { return this.doc.difference(vector) }
  apply (update) { this.doc.apply(update) }

  edit (next) {
    const [place, length] = stretch(this.text, next)
    const count = next(3) ? 0 : length
    const text = count === 0 || next(2) ? letters[next(letters.length)].repeat(next(3) + 1) : ''
    this.send(this.doc.replace('text', place, count, text))
    this.checkPosition(next)
  }

  /** A position says where it was made, and what Yjs would say of it. */
  checkPosition (next) {
    const index = next(this.text.length + 1)
    for (const association of [0, -1]) {
      const position = this.doc.position('text', index, association)
      const mirror = new YjsCopy(0, () => {})
      mirror.apply(this.state)
      const text = mirror.doc.getText('text')
      const expected = Y.createRelativePositionFromTypeIndex(text, index, association)
      const [ours, theirs] = [JSON.stringify([position.item, position.tname]), JSON.stringify([expected.item, expected.tname])]
      if (ours !== theirs) throw new Error(`a position is ${ours}, not ${theirs}`)
      if (this.doc.indexOf('text', position) !== index) throw new Error(`${index} became ${this.doc.indexOf('text', position)}`)
    }
  }
}

/** What a document says of itself, however its structs are cut. */
function canonical (update) {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  const shown = [doc.getText('text').toDelta(), doc.getMap('map').toJSON(), doc.getArray('array').toJSON()]
  return JSON.stringify([shown, Buffer.from(Y.encodeStateAsUpdate(doc)).toString('hex'), doc.store.pendingStructs !== null])
}

function history (seed) {
  const next = random(seed)
  const inboxes = []
  const copies = Array.from({ length: 4 }, (_, place) => {
    const send = update => { for (const [to, inbox] of inboxes.entries()) if (to !== place) inbox.push(update) }
    inboxes.push([])
    return new (place % 2 ? PageCopy : YjsCopy)(next(2 ** 31) * 2 + place % 2, send)
  })
  const receive = place => {
    const inbox = inboxes[place]
    // In any order, and now and then twice.
    const [update] = inbox.splice(next(inbox.length), 1)
    copies[place].apply(update)
    if (next(5) === 0) copies[place].apply(update)
  }
  for (let step = 0; step < 120; step++) {
    const place = next(copies.length)
    if (inboxes[place].length > 0 && next(3)) receive(place)
    else copies[place].edit(next)
    // Somebody comes back from a break: what it lacks comes as one update.
    if (next(20) === 0) {
      const other = next(copies.length)
      copies[other].apply(copies[place].difference(copies[other].vector))
    }
  }
  // Yjs answers some with updates of its own: it deletes marks of format that have become useless.
  while (inboxes.some(inbox => inbox.length > 0)) for (const place of copies.keys()) if (inboxes[place].length > 0) receive(place)
  const states = new Set(copies.map(copy => canonical(copy.state)))
  const texts = new Set(copies.map(copy => Buffer.from(copy.text).toString('hex')))
  if (states.size > 1) throw new Error(`there are ${states.size} states: ${[...states].join('\n')}`)
  // Marks of format are no text, and neither are embedded things.
  if (texts.size > 1) throw new Error(`there are ${texts.size} texts: ${[...texts].join('\n')}`)
  if (copies.some(copy => copy instanceof PageCopy && copy.doc.isIncomplete)) throw new Error('something still waits')
  checkCutOff(copies[0].state, next)
}

/** What is cut off is no update, and changes nothing. */
function checkCutOff (state, next) {
  for (let length = next(40); length < state.length; length += 1 + next(80)) {
    const doc = new SharedDocument(1)
    let error = null
    try {
      doc.apply(state.subarray(0, length))
    } catch (caught) {
      error = caught
    }
    if (!(error instanceof RangeError)) throw new Error(`${length} of ${state.length} bytes are taken: ${error}`)
    if (doc.items.size > 0 || doc.isIncomplete) throw new Error(`${length} of ${state.length} bytes have changed something`)
  }
}

const failures = []
for (let seed = first; seed < first + count; seed++) {
  try {
    history(seed)
  } catch (error) {
    failures.push(`seed ${seed}: ${error.stack}`)
  }
}
process.stdout.write(JSON.stringify(failures))
