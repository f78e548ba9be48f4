// The conversation with the relay over /yjs/{document}: what is new goes out at once, and what was missed comes after each beginning.

import { Reader, Writer } from './bytes.mjs'

/** Messages, and those among them that are about the document. */
const Message = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 }
const Sync = { step1: 0, step2: 1, update: 2 }

/** Milliseconds: between signs of life of this client, and until a silent relay counts as gone. */
const [renewal, patience] = [15000, 45000]

/**
 * Tells its owner by `changing()` before, and `changed()` after something has come of others, and by `is(state, text)` how it is with the
 * connection: `connecting`, `open`, `synced`, `refused` (a change was, and the text says why), `lost`, `unreadable`. What comes while it `isHeld`
 * waits.
 */
export class Connection {
  constructor (address, token, document, presence, owner) {
    Object.assign(this, { address, token, document, presence, owner })
    this.failures = 0
    this.isOver = false
    this.held = []
    this.isHeld = false
    this.heard = 0
    this.timer = setInterval(() => this.tick(), 1000)
    this.renewed = Date.now()
    this.open()
  }

  open () {
    this.owner.is('connecting')
    // Browsers can set no headers here. So the token is one of the subprotocols that are offered, and in no address that a log may have.
    const socket = this.token ? new WebSocket(this.address, ['bearer', `bearer.${this.token}`]) : new WebSocket(this.address)
    socket.binaryType = 'arraybuffer'
    let wasOpen = false
    socket.onopen = () => {
      wasOpen = true
      this.failures = 0
      this.begin()
    }
    socket.onmessage = event => this.receive(event.data)
    socket.onclose = () => this.closed(socket, wasOpen)
    this.socket = socket
    this.heard = Date.now()
  }

  close () {
    this.isOver = true
    clearInterval(this.timer)
    this.send(Message.awareness, writer => writer.block(this.presence.show(null)))
    this.socket.close()
  }

  closed (socket, wasOpen) {
    if (this.isOver || socket !== this.socket) return
    this.hold(false)
    this.presence.forget()
    this.owner.changed()
    this.failures += 1
    this.owner.is('lost')
    const pause = Math.min(10000, 300 * 2 ** this.failures) * (0.5 + Math.random())
    setTimeout(async () => {
      // A browser does not say why it was not let in.
      if (!wasOpen && !(await this.owner.mayRetry())) this.isOver = true
      if (!this.isOver) this.open()
    }, pause)
  }

  begin () {
    this.owner.is('open')
    this.send(Message.sync, writer => {
      writer.uint(Sync.step1)
      writer.block(this.document.vector())
    })
    this.show(this.presence.own ?? {})
  }

  // What goes out

  send (type, body) {
    if (this.socket?.readyState !== WebSocket.OPEN) return
    const writer = new Writer()
    writer.uint(type)
    body(writer)
    this.socket.send(writer.result)
  }

  /** An update goes out at once, or with the next beginning. */
  sendUpdate (update, kind = Sync.update) {
    this.send(Message.sync, writer => {
      writer.uint(kind)
      writer.block(update)
    })
  }

  show (state) {
    this.renewed = Date.now()
    const message = this.presence.show(state)
    this.send(Message.awareness, writer => writer.block(message))
  }

  tick () {
    this.presence.expire()
    if (this.socket.readyState !== WebSocket.OPEN) return
    if (Date.now() - this.renewed > renewal) this.show(this.presence.own)
    if (Date.now() - this.heard > patience) this.socket.close()
  }

  // What comes in

  receive (data) {
    this.heard = Date.now()
    if (typeof data === 'string') return
    if (this.isHeld) return this.held.push(data)
    this.owner.changing()
    try {
      const reader = new Reader(new Uint8Array(data))
      while (!reader.isAtEnd) this.receiveNext(reader)
    } catch (error) {
      this.owner.is('unreadable', String(error))
    }
    this.owner.changed()
  }

  hold (isHeld) {
    this.isHeld = isHeld
    if (!isHeld) for (const data of this.held.splice(0)) this.receive(data)
  }

  receiveNext (reader) {
    switch (reader.uint()) {
      case Message.sync: return this.receiveSync(reader.uint(), reader.block())
      case Message.awareness: {
        const answer = this.presence.apply(reader.block())
        if (answer) this.send(Message.awareness, writer => writer.block(answer))
        return
      }
      case Message.auth:
        if (reader.uint() === 0) this.owner.is('refused', reader.text())
        return
      case Message.queryAwareness: return this.show(this.presence.own)
      // Whatever else it is, its length is not known.
      default: reader.place = reader.bytes.length
    }
  }

  receiveSync (kind, bytes) {
    switch (kind) {
      case Sync.step1: return this.sendUpdate(this.document.difference(bytes), Sync.step2)
      case Sync.update: return this.document.apply(bytes)
      case Sync.step2:
        this.document.apply(bytes)
        return this.owner.is('synced')
    }
  }
}
