// What the scenarios share: the relay under test, users of it, providers as an application has them, and checks that say what was wrong.
//
// The environment says where the relay is: RELAY_URL, RELAY_PID, RELAY_USERNAME, RELAY_PASSWORD, and SCRATCH, a folder for the
// scenario's own files.

const crypto = require('crypto')
const WebSocket = require('ws')
const Y = require('yjs')
const { WebsocketProvider } = require('y-websocket')
const decoding = require('lib0/decoding')

const url = process.env.RELAY_URL
const base = url.replace('http', 'ws') + '/yjs'

// Each provider listens to the end of the process.
process.setMaxListeners(0)

function check (condition, message) {
  if (!condition) throw new Error(`failed: ${message}`)
}

function equal (found, expected, what) {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)]
  check(left === right, `${what}: expected ${right}, found ${left}`)
}

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))

/** Waits until `condition()` is true, and gives its value. */
async function eventually (condition, what, seconds = 20) {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const value = await condition()
    if (value) return value
    check(Date.now() < deadline, `not within ${seconds} s: ${what}`)
    await pause(10)
  }
}

const newName = (start = 'room') => `${start}-${crypto.randomUUID().slice(0, 8)}`

// Requests

async function login (username = process.env.RELAY_USERNAME, password = process.env.RELAY_PASSWORD) {
  const reply = await fetch(`${url}/auth/login`, { method: 'POST', body: new URLSearchParams({ username, password }) })
  equal(reply.status, 200, 'status of the login')
  return (await reply.json()).access_token
}

/** One request. Gives the reply's JSON. */
async function call (method, path, token, body, status = 200) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const reply = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) })
  const text = await reply.text()
  equal(reply.status, status, `status of ${method} ${path} (${text.slice(0, 200)})`)
  return text ? JSON.parse(text) : null
}

/** Makes a user. Gives its id, its name and a token of it. */
async function register (adminToken, permissions = ['read', 'write']) {
  const [username, password] = [`user-${crypto.randomUUID().slice(0, 12)}`, crypto.randomUUID()]
  const { user_id: id } = await call('POST', '/auth/register', adminToken, { username, password, permissions }, 201)
  return { id, username, token: await login(username, password) }
}

/** The topic of a document, as in the path of a request. */
function topicPath (name) {
  const bytes = [...Buffer.from(name)].map(byte => {
    const character = String.fromCharCode(byte)
    if (/[A-Za-z0-9-]/.test(character)) return character
    return character === '_' ? '__' : '_' + byte.toString(16).padStart(2, '0')
  })
  return 'document%2F' + bytes.join('')
}

/** The status by which a WebSocket is refused; 101 where it is not, after which it is closed. */
function statusOf (address, options = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, options)
    socket.on('unexpected-response', (_, reply) => resolve(reply.statusCode))
    socket.on('open', () => { socket.close(); resolve(101) })
    socket.on('error', error => reject(error))
  })
}

// Providers

/** A WebSocket that keeps count of what comes: the messages of each type, and what came back as an echo. */
const watched = watch => class extends WebSocket {
  constructor (address, protocols) {
    super(address, protocols)
    this.on('open', () => { watch.opened += 1 })
    this.on('message', data => {
      const decoder = decoding.createDecoder(new Uint8Array(data))
      const type = decoding.readVarUint(decoder)
      watch.messages += 1
      if (type === 1) {
        const entries = decoding.createDecoder(decoding.readVarUint8Array(decoder))
        watch.awareness += 1
        watch.entries += decoding.readVarUint(entries)
      }
      if (type === 2) watch.denials += 1
      if (type === 0 && decoding.readVarUint(decoder) === 2) watch.updates.push(decoding.readVarUint8Array(decoder))
    })
    this.on('error', error => {
      const status = /server response: (\d+)/.exec(error.message)
      if (status) watch.refusals.push(Number(status[1]))
    })
  }
}

/** A client as an application makes it: a document and its provider. */
function open (room, { token, doc = new Y.Doc(), address = base, ...options } = {}) {
  const watch = { opened: 0, messages: 0, awareness: 0, entries: 0, denials: 0, updates: [], refusals: [] }
  const provider = new WebsocketProvider(address, room, doc, {
    WebSocketPolyfill: watched(watch),
    params: { token },
    disableBc: true,
    ...options
  })
  provider.on('connection-error', () => {})
  return { doc, provider, watch, awareness: provider.awareness, text: doc.getText('text'), map: doc.getMap('map'), array: doc.getArray('array') }
}

const synced = (...clients) => eventually(() => clients.every(client => client.provider.synced), 'all clients synced')

const content = client => JSON.stringify([client.text.toString(), Object.entries(client.map.toJSON()).sort(), client.array.toJSON()])

/** Waits until all have the same content and the same state vector. */
async function converged (...clients) {
  const key = client => content(client) + JSON.stringify([...Y.decodeStateVector(Y.encodeStateVector(client.doc))].sort())
  await eventually(() => new Set(clients.map(key)).size === 1, `converged: ${[...new Set(clients.map(content))].map(text => text.slice(0, 200)).join(' | ')}`)
}

/** The clocks that came back to a client as echoes, by client. */
function echoed (client) {
  if (client.watch.updates.length === 0) return new Map()
  return Y.parseUpdateMeta(Y.mergeUpdates(client.watch.updates)).to
}

/** Cuts a client's connection as a broken network does. */
const cut = client => client.provider.ws?._socket?.destroy()

/** Runs a scenario, and ends the process. */
function run (scenario) {
  process.on('SIGTERM', () => process.exit(1))
  scenario().then(() => process.exit(0), error => {
    console.error(error)
    process.exit(1)
  })
}

module.exports = { Y, WebSocket, base, url, call, check, content, converged, cut, decoding, echoed, equal, eventually, login, newName, open, pause, register, run, statusOf, synced, topicPath }
