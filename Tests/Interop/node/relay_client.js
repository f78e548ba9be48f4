// The client that the relay serves, as an application imports it, and a front that does to connections what networks do.

const { createHash } = require('crypto')
const dgram = require('dgram')
const fs = require('fs')
const http = require('http')
const net = require('net')
const path = require('path')
const { pathToFileURL } = require('url')
const WebSocket = require('ws')
const { check, equal, url } = require('./relay.js')

/** Where the relay says by which transports it is reached. */
const offer = '/.well-known/pulsar-relay'

/** The module, as the relay serves it. */
async function importClient (from = url) {
  const reply = await fetch(`${from}/client/pulsar-relay.js`)
  equal(reply.status, 200, 'status of the module')
  const file = path.join(process.env.SCRATCH, 'pulsar-relay.mjs')
  fs.writeFileSync(file, await reply.text())
  return import(pathToFileURL(file).href)
}

/** Times of a test that does not want to wait, on a machine that may be busy. */
const hasty = { retryFirst: 50, retryLongest: 500, open: 4000, quiet: 3000, answer: 3000, poll: 2000, settle: 1000, quic: 4000, climb: 1500, climbLongest: 6000 }

/** A client that is logged in. Node 20 has no WebSocket of its own. */
async function connected (client, address = url, options = {}) {
  const relay = new client.PulsarRelay(address, { WebSocket, timing: hasty, ...options })
  await relay.login(process.env.RELAY_USERNAME, process.env.RELAY_PASSWORD)
  return relay
}

/**
 * Stands in front of a relay. `way` says, for each kind of connection, what becomes of it, and can be changed at any time:
 *
 * - `sockets`: `pass`; `refuse`: 403 to the upgrade; `silence`: upgraded, and nothing passes; `mute`: nothing passes any more of open ones;
 *   a number: cut after so many bytes
 * - `streams`: `pass`; `hold`: nothing of an event stream passes before its end; a number: cut after so many bytes
 * - `requests`: `pass`; `away`: 502; `lose`: the relay gets the request, and the client no answer
 *
 * A front of datagrams beside it is what the relay then says of its sessions of WebTransport: `datagrams`.
 */
class Front {
  static async open (target = url) {
    const front = new Front()
    front.target = new URL(target)
    front.way = { sockets: 'pass', streams: 'pass', requests: 'pass' }
    front.open = new Set()
    front.datagrams = null
    front.counts = { sockets: 0, streams: 0, polls: 0, refreshes: 0, lost: 0, offers: 0 }
    front.server = http.createServer((request, reply) => front.request(request, reply))
    front.server.on('upgrade', (request, socket, head) => front.upgrade(request, socket, head))
    front.server.on('connection', socket => front.keep(socket))
    await new Promise(resolve => front.server.listen(0, '127.0.0.1', resolve))
    front.url = `http://127.0.0.1:${front.server.address().port}`
    return front
  }

  keep (socket) {
    this.open.add(socket)
    socket.on('close', () => this.open.delete(socket))
    socket.on('error', () => {})
  }

  /** Cuts all that is open. */
  cut () { for (const socket of this.open) socket.destroy() }

  close () {
    this.cut()
    return new Promise(resolve => this.server.close(resolve))
  }

  request (request, reply) {
    // What browsers ask for by themselves.
    if (request.url === '/favicon.ico') return reply.writeHead(204).end()
    const isStream = request.url.startsWith('/sse')
    if (isStream) this.counts.streams += 1
    if (request.url === '/messages/poll') this.counts.polls += 1
    if (request.url === '/auth/token/refresh') this.counts.refreshes += 1
    if (request.url === offer) {
      this.counts.offers += 1
      if (this.datagrams) return this.offer(reply)
    }
    if (this.way.requests === 'away') {
      reply.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
      return
    }
    const { hostname: host, port } = this.target
    const way = this.way
    const onward = http.request({ host, port, method: request.method, path: request.url, headers: request.headers, agent: false }, answer => {
      if (way.requests === 'lose' && request.method === 'POST' && request.url.startsWith('/api/')) {
        this.counts.lost += 1
        answer.resume()
        answer.on('end', () => request.socket.destroy())
        return
      }
      if (isStream && way.streams === 'hold') return answer.resume()
      reply.writeHead(answer.statusCode, answer.headers)
      reply.flushHeaders()
      if (isStream && Number.isInteger(way.streams)) this.pour(answer, reply, request.socket, way.streams)
      else answer.pipe(reply)
      answer.on('error', () => request.socket.destroy())
    })
    onward.on('error', () => request.socket.destroy())
    reply.on('close', () => onward.destroy())
    request.pipe(onward)
  }

  /** What the relay says of its transports, with the front of datagrams in place of its own port. */
  async offer (reply) {
    const { transports } = await (await fetch(new URL(offer, this.target))).json()
    const ports = transports.map(({ url, ...rest }) => ({ ...rest, url: /^https.*\/wt$/.test(url) ? url.replace(/:\d+\//, `:${this.datagrams.port}/`) : url }))
    reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ transports: ports }))
  }

  /** Passes on so many bytes, and cuts. */
  pour (from, to, socket, bytes) {
    let left = bytes
    from.on('data', data => {
      // A network that has cut passes nothing on, and takes nothing out of the middle.
      if (left <= 0) return
      to.write(data.subarray(0, left))
      left -= data.length
      if (left <= 0) setTimeout(() => socket.destroy(), 5)
    })
    from.on('end', () => socket.destroy())
  }

  upgrade (request, socket, head) {
    this.counts.sockets += 1
    const way = this.way.sockets
    if (this.way.requests === 'away') return socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    if (way === 'refuse') return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    if (way === 'silence') {
      const key = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${key}`, 'Sec-WebSocket-Protocol: bearer']
      return socket.write(lines.join('\r\n') + '\r\n\r\n')
    }
    const onward = net.connect(Number(this.target.port), this.target.hostname)
    onward.write(`GET ${request.url} HTTP/1.1\r\n${Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
    onward.write(head)
    socket.on('data', data => { if (this.way.sockets !== 'mute') onward.write(data) })
    if (Number.isInteger(way)) this.pour(onward, socket, socket, way)
    else onward.on('data', data => { if (this.way.sockets !== 'mute') socket.write(data) })
    onward.on('close', () => socket.destroy())
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  }
}

/** Stands in front of a port of UDP, and passes datagrams both ways, or none (`passes`), after so many milliseconds (`delay`). */
class DatagramFront {
  passes = true
  delay = 0
  isOpen = true
  ways = new Map()

  static async open (target) {
    const front = Object.assign(new DatagramFront(), { target, socket: dgram.createSocket('udp4') })
    front.socket.on('message', (data, from) => front.later(() => front.way(from).send(data, target, '127.0.0.1')))
    await new Promise(resolve => front.socket.bind(0, '127.0.0.1', resolve))
    front.port = front.socket.address().port
    return front
  }

  /** The socket by which a client's datagrams go on. */
  way ({ address, port }) {
    const known = this.ways.get(port)
    if (known) return known
    const socket = dgram.createSocket('udp4')
    socket.on('message', data => this.later(() => this.socket.send(data, port, address)))
    // Such as that nobody is there any more.
    socket.on('error', () => {})
    this.ways.set(port, socket)
    return socket
  }

  later (send) {
    if (!this.passes) return
    if (this.delay === 0) return send()
    setTimeout(() => { if (this.isOpen) send() }, this.delay)
  }

  close () {
    this.isOpen = false
    for (const socket of [this.socket, ...this.ways.values()]) socket.close()
  }
}

/** A subscription that notes what it tells. */
function noted (subscription) {
  const notes = { opened: [], waits: [], gaps: [], closed: null }
  subscription.addEventListener('open', ({ detail }) => notes.opened.push(detail.transport))
  subscription.addEventListener('wait', ({ detail }) => notes.waits.push(detail))
  subscription.addEventListener('gap', ({ detail }) => notes.gaps.push(detail))
  subscription.addEventListener('close', ({ detail }) => { notes.closed = detail })
  return notes
}

/** What an act throws. */
async function failure (act, what) {
  try {
    await act()
  } catch (error) {
    return error
  }
  return check(false, `${what} did not throw`)
}

module.exports = { DatagramFront, Front, WebSocket, connected, failure, hasty, importClient, noted }
