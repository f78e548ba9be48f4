// Socket.IO's own client in Chromium, which polls and then changes to a WebSocket, edits beside Yjs' own provider. The documents are in this
// process: the pages have the sockets.

const fs = require('fs')
const path = require('path')
const { withChromium } = require('./chromium.js')
const { Y, check, converged, decoding, equal, eventually, login, newName, open, pause, run, synced, url } = require('./relay.js')
const encoding = require('lib0/encoding')

/** The library's file, which a package of the tests' Python environment has. */
function library () {
  const root = path.join(__dirname, '../../../.build/interop-venv/lib')
  const python = fs.readdirSync(root).find(name => name.startsWith('python3'))
  return fs.readFileSync(path.join(root, python, 'site-packages/nicegui/static/socket.io.min.js'), 'utf8')
}

/** What the page does: joins, and keeps what comes. */
const script = (room, options) => `
  window.heard = []
  window.events = []
  window.socket = io(${JSON.stringify({ forceNew: true, reconnectionDelay: 100, ...options })})
  socket.on('connect', () => { events.push('connect'); socket.emit('crdt:join', ${JSON.stringify(room)}) })
  socket.on('connect_error', error => events.push('refused: ' + error.message))
  socket.on('disconnect', reason => events.push('disconnect: ' + reason))
  socket.on('crdt:joined', answer => { events.push('joined'); window.joined = answer })
  socket.on('crdt:error', error => events.push('error: ' + error.message))
  socket.on('crdt:message', (room, bytes) => heard.push([...new Uint8Array(bytes)]))
  socket.io.engine.on('upgrade', transport => { events.push('upgrade: ' + transport.name) })
  void 0
`

function made (...writes) {
  const encoder = encoding.createEncoder()
  for (const write of writes) write(encoder)
  return encoding.toUint8Array(encoder)
}

const uint = number => encoder => encoding.writeVarUint(encoder, number)
const block = bytes => encoder => encoding.writeVarUint8Array(encoder, bytes)

/** A document whose socket is in a page. Sends what Zeal's client sends, in its order. */
class Client {
  constructor (page, room, token, sendsBytes) {
    Object.assign(this, { page, room, token, sendsBytes, doc: new Y.Doc(), synced: false, joins: 0, outgoing: [] })
    this.text = this.doc.getText('text')
    this.map = this.doc.getMap('map')
    this.array = this.doc.getArray('array')
    this.doc.on('update', (update, origin) => { if (origin !== this) this.sync(2, update) })
  }

  sync (kind, bytes) { this.outgoing.push([...made(uint(0), uint(kind), block(bytes))]) }

  /** Takes what has come, and sends what is to go: in the room, and not before it has said who it is. All of it is said again after a join. */
  async exchange () {
    const messages = this.outgoing.splice(0)
    const { heard, joins } = await this.page.evaluate(`(() => {
      const count = name => events.filter(event => event === name).length
      const joins = count('joined')
      if (socket.connected && joins === count('connect') && joins === ${this.joins}) {
        for (const message of ${JSON.stringify(messages)}) {
          socket.emit('crdt:message', ${JSON.stringify(this.room)}, ${this.sendsBytes ? 'new Uint8Array(message)' : 'message'})
        }
      }
      return { heard: heard.splice(0), joins }
    })()`)
    if (joins > this.joins) {
      this.joins = joins
      const who = JSON.stringify({ token: this.token, userId: 'u', userName: 'U' })
      this.outgoing = [[...made(uint(2), encoder => encoding.writeVarString(encoder, who))]]
      this.sync(0, Y.encodeStateVector(this.doc))
      this.sync(2, Y.encodeStateAsUpdate(this.doc))
    }
    for (const message of heard) this.receive(decoding.createDecoder(new Uint8Array(message)))
  }

  receive (decoder) {
    if (decoding.readVarUint(decoder) !== 0) return
    const kind = decoding.readVarUint(decoder)
    const bytes = decoding.readVarUint8Array(decoder)
    if (kind === 0) return this.sync(1, Y.encodeStateAsUpdate(this.doc, bytes))
    if (kind === 1) this.synced = true
    Y.applyUpdate(this.doc, bytes, this)
  }
}

run(() => withChromium(async browser => {
  const token = await login()
  const room = newName('socket/io')
  const yjs = open(room, { token })
  const visit = async (options, sendsBytes = false) => {
    const page = await browser.open(url + '/health')
    await eventually(() => page.evaluate('document.readyState === "complete"'), 'the page is there')
    await page.evaluate(library() + ';void 0')
    await page.evaluate(script(room, options))
    return new Client(page, room, token, sendsBytes)
  }
  const clients = [await visit({}), await visit({ transports: ['websocket'] }), await visit({ transports: ['polling'] }), await visit({}, true)]
  let isOver = false
  const pump = async client => { while (!isOver) { await client.exchange(); await pause(20) } }
  const pumps = clients.map(pump)
  const events = client => client.page.evaluate('events')
  await synced(yjs)
  await eventually(() => clients.every(client => client.synced), 'all are synced')
  for (const client of [clients[0], clients[3]]) {
    await eventually(async () => (await events(client)).includes('upgrade: websocket'), 'polls change to a WebSocket')
  }
  equal(await clients[2].page.evaluate('socket.io.engine.transport.name'), 'polling', 'the transport of who only polls')
  equal((await clients[0].page.evaluate('joined')).roomName, room, 'the room')

  for (let round = 0; round < 20; round++) {
    for (const [number, { text, map, array }] of [yjs, ...clients].entries()) {
      text.insert((round * 7 + number) % (text.length + 1), `${number}😀${round} `)
      map.set(`key ${round % 4}`, { number, round })
      array.push([number])
    }
    // The connection breaks under it, and the client comes back by itself.
    if (round === 10) for (const client of clients) await client.page.evaluate('void socket.io.engine.close()')
    await pause(20)
  }
  await converged(yjs, ...clients)
  equal(yjs.array.length, 100, 'nothing is lost')
  for (const client of clients) {
    const happened = await events(client)
    check(happened.filter(event => event === 'joined').length === 2, `it came back: ${happened}`)
    equal(happened.filter(event => /^(error|refused)/.test(event)), [], 'errors')
  }

  // A token that is no good is refused at once, or after the join.
  const refused = await visit({ auth: { token: 'nonsense' } })
  await eventually(async () => (await events(refused)).some(event => event.startsWith('refused: ')), 'the token of a CONNECT is refused')
  const late = await visit({ transports: ['websocket'] })
  await eventually(() => late.page.evaluate('!!window.joined'), 'joined')
  late.token = 'nonsense'
  await late.exchange()
  await late.exchange()
  await eventually(async () => (await events(late)).includes('error: Permission denied'), 'the token of an AUTH is refused')
  await eventually(async () => (await events(late)).includes('disconnect: io server disconnect'), 'it is put out, and does not come back')
  isOver = true
  await Promise.all(pumps)
}))
