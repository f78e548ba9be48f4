// Three protocols edit one document at once: y-websocket's provider, and clients of Hocuspocus' protocol and of Zeal's that are written here
// around Yjs' own documents.

const { Y, WebSocket, check, converged, decoding, equal, eventually, login, newName, open, pause, run, synced, url } = require('./relay.js')
const encoding = require('lib0/encoding')

const address = url.replace('http', 'ws')

function made (...writes) {
  const encoder = encoding.createEncoder()
  for (const write of writes) write(encoder)
  return encoding.toUint8Array(encoder)
}

const uint = number => encoder => encoding.writeVarUint(encoder, number)
const text = string => encoder => encoding.writeVarString(encoder, string)
const block = bytes => encoder => encoding.writeVarUint8Array(encoder, bytes)

/** A client with a document. `send` takes what follows the address, if the protocol has one. */
function client (send) {
  const doc = new Y.Doc()
  const self = { doc, text: doc.getText('text'), map: doc.getMap('map'), array: doc.getArray('array'), synced: false, owed: 0, told: [] }
  self.sync = (kind, bytes) => {
    if (kind > 0) self.owed += 1
    send(made(uint(0), uint(kind), block(bytes)))
  }
  self.receive = decoder => {
    const kind = decoding.readVarUint(decoder)
    const bytes = decoding.readVarUint8Array(decoder)
    if (kind === 0) return self.sync(1, Y.encodeStateAsUpdate(doc, bytes))
    if (kind === 1) self.synced = true
    Y.applyUpdate(doc, bytes, self)
  }
  doc.on('update', (update, origin) => { if (origin !== self) self.sync(2, update) })
  return self
}

/** Waits for nothing, as Hocuspocus' provider. */
function hocuspocus (name, token) {
  const socket = new WebSocket(`${address}/collab`)
  const send = bytes => socket.send(Buffer.concat([made(text(name)), bytes]))
  const self = client(send)
  self.tell = message => send(made(uint(5), text(message)))
  self.close = () => socket.close()
  socket.on('open', () => {
    send(made(uint(2), uint(0), text(token), text('4.5.0')))
    self.sync(0, Y.encodeStateVector(self.doc))
  })
  socket.on('message', data => {
    const decoder = decoding.createDecoder(new Uint8Array(data))
    equal(decoding.readVarString(decoder), name, 'the address of an answer')
    switch (decoding.readVarUint(decoder)) {
      case 0: return self.receive(decoder)
      case 2: return equal(decoding.readVarUint(decoder), 2, 'the answer to the token')
      case 5: return self.told.push(decoding.readVarString(decoder))
      case 8:
        equal(decoding.readVarUint(decoder), 1, 'the status of an update')
        self.owed -= 1
    }
  })
  return self
}

/** Sends what Zeal's client sends, in its order. */
function zeal (name, token) {
  const socket = new WebSocket(`${address}/ws`)
  const self = client(bytes => socket.send(bytes))
  self.tell = message => socket.send(made(uint(4), text(JSON.stringify(message))))
  self.close = () => socket.close()
  socket.on('open', () => socket.send(JSON.stringify({ action: 'join', room: name })))
  socket.on('message', (data, isBinary) => {
    if (!isBinary) {
      equal(JSON.parse(data).action, 'joined', 'the answer to a join')
      socket.send(made(uint(2), text(JSON.stringify({ token, userId: 'u', userName: 'U' }))))
      self.sync(0, Y.encodeStateVector(self.doc))
      self.sync(2, Y.encodeStateAsUpdate(self.doc))
      return
    }
    const decoder = decoding.createDecoder(new Uint8Array(data))
    switch (decoding.readVarUint(decoder)) {
      case 0: return self.receive(decoder)
      case 4: return self.told.push(JSON.parse(decoding.readVarString(decoder)))
    }
  })
  return self
}

run(async () => {
  const token = await login()
  const name = newName('three/protocols')
  const clients = [open(name, { token }), open(name, { token }), hocuspocus(name, token), hocuspocus(name, token), zeal(name, token), zeal(name, token)]
  const [one, other, ...others] = clients
  await synced(one, other)
  await eventually(() => others.every(client => client.synced), 'all are synced')
  for (let round = 0; round < 30; round++) {
    for (const [number, { text, map, array }] of clients.entries()) {
      text.insert((round * 7 + number) % (text.length + 1), `${number}😀${round} `)
      if (round % 3 === number % 3) text.delete(0, Math.min(text.length, 3))
      map.set(`key ${round % 4}`, { number, round })
      array.push([number])
    }
    await pause(5)
  }
  await converged(...clients)
  equal(one.array.length, 180, 'nothing is lost')
  await eventually(() => clients[2].owed === 0 && clients[3].owed === 0, 'each update of a Hocuspocus client has its status')

  // What applications say beside the document stays in their protocol.
  clients[2].tell('to Hocuspocus')
  clients[4].tell({ type: 'to Zeal' })
  clients[4].tell({ type: 'heartbeat' })
  await eventually(() => clients[3].told.length === 1 && clients[5].told.length === 1, 'the others are told')
  equal(clients.map(client => client.told ?? []), [[], [], [], ['to Hocuspocus'], [], [{ type: 'to Zeal' }]], 'what was told')

  const late = hocuspocus(name, token)
  await eventually(() => late.synced, 'a late client is synced')
  await converged(one, late)
  check(one.watch.denials === 0, 'nothing was refused')
})
