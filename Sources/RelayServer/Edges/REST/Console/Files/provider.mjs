// The conversation about one document, over the relay's /yjs, with Yjs' own protocols. It is loaded with the editor, and not before.

import {
  Awareness, Doc, applyAwarenessUpdate, createDecoder, createEncoder, encodeAwarenessUpdate, hasContent, readSyncMessage, readVarString,
  readVarUint, readVarUint8Array, removeAwarenessStates, toUint8Array, writeSyncStep1, writeUpdate, writeVarUint, writeVarUint8Array
} from './yjs.mjs'

const Message = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 }
const step2 = 1

/** Milliseconds: until a silent relay counts as gone, and between tries to reach it. */
const [patience, firstPause, longestPause] = [45_000, 300, 10_000]

/**
 * Events: `state`, with `{ state, text }`: `connecting`, `synced`, `lost`, `refused` (a change was, and the text says why), `ended` (nobody is
 * let in any more). `token` gives a token for each try; `mayRetry` says why there is to be none, or null.
 */
export class Provider extends EventTarget {
  #socket = null
  #failures = 0
  #heard = 0
  #timer = null
  #isOver = false
  #isHeld = false
  #held = []

  constructor (address, { token, mayRetry }) {
    super()
    Object.assign(this, { address, token, mayRetry, doc: new Doc() })
    this.awareness = new Awareness(this.doc)
    this.doc.on('update', (update, origin) => {
      if (origin !== this) this.#send(Message.sync, encoder => writeUpdate(encoder, update))
    })
    this.awareness.on('update', ({ added, updated, removed }, origin) => {
      if (origin !== this) this.#tell([...added, ...updated, ...removed])
    })
    this.#timer = setInterval(() => this.#look(), 5_000)
    this.#open()
  }

  /** Others see at once that this window has left. */
  close () {
    this.#isOver = true
    clearInterval(this.#timer)
    removeAwarenessStates(this.awareness, [this.doc.clientID], 'window')
    this.#socket?.close()
    this.awareness.destroy()
    this.doc.destroy()
  }

  /** What comes waits while it is held: an input method that puts characters together takes the text for what it was. */
  hold (isHeld) {
    this.#isHeld = isHeld
    if (!isHeld) for (const data of this.#held.splice(0)) this.#receive(data)
  }

  #is (state, text = '') { this.dispatchEvent(new CustomEvent('state', { detail: { state, text } })) }

  async #open () {
    this.#is('connecting')
    let token
    try {
      token = await this.token()
    } catch (error) {
      return this.#closed(null, false, error)
    }
    if (this.#isOver) return
    // Browsers can set no headers here. So the token is one of the subprotocols that are offered, and in no address that a log may have.
    const socket = this.#socket = new WebSocket(this.address, ['bearer', `bearer.${token}`])
    socket.binaryType = 'arraybuffer'
    let wasOpen = false
    socket.onopen = () => {
      wasOpen = true
      this.#failures = 0
      this.#send(Message.sync, encoder => writeSyncStep1(encoder, this.doc))
      if (this.awareness.getLocalState()) this.#tell([this.doc.clientID])
    }
    socket.onmessage = ({ data }) => this.#receive(data)
    socket.onclose = () => this.#closed(socket, wasOpen)
    this.#heard = Date.now()
  }

  async #closed (socket, wasOpen, error = null) {
    if (this.#isOver || socket !== (error ? null : this.#socket)) return
    this.hold(false)
    const others = [...this.awareness.getStates().keys()].filter(client => client !== this.doc.clientID)
    removeAwarenessStates(this.awareness, others, this)
    this.#failures += 1
    this.#is('lost')
    const reason = wasOpen ? null : await this.mayRetry(error)
    if (this.#isOver) return
    if (reason) return this.#is('ended', reason)
    const pause = Math.min(longestPause, firstPause * 2 ** this.#failures) * (0.5 + Math.random())
    this.#socket = null
    setTimeout(() => { if (!this.#isOver) this.#open() }, pause)
  }

  #look () {
    if (this.#socket?.readyState === WebSocket.OPEN && Date.now() - this.#heard > patience) this.#socket.close()
  }

  // What goes out. What can't now goes with the next beginning.

  #send (type, write) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    const encoder = createEncoder()
    writeVarUint(encoder, type)
    write(encoder)
    this.#socket.send(toUint8Array(encoder))
  }

  #tell (clients) { this.#send(Message.awareness, encoder => writeVarUint8Array(encoder, encodeAwarenessUpdate(this.awareness, clients))) }

  // What comes in

  #receive (data) {
    this.#heard = Date.now()
    if (typeof data === 'string') return
    if (this.#isHeld) return this.#held.push(data)
    try {
      const decoder = createDecoder(new Uint8Array(data))
      while (hasContent(decoder)) if (!this.#take(decoder)) return
    } catch (error) {
      this.#is('refused', `The relay has sent something that can’t be read: ${error.message}`)
    }
  }

  /** Whether what follows can be read. */
  #take (decoder) {
    switch (readVarUint(decoder)) {
      case Message.sync: {
        const encoder = createEncoder()
        writeVarUint(encoder, Message.sync)
        const kind = readSyncMessage(decoder, encoder, this.doc, this)
        const answer = toUint8Array(encoder)
        if (answer.length > 1) this.#socket.send(answer)
        if (kind === step2) this.#is('synced')
        return true
      }
      case Message.awareness:
        applyAwarenessUpdate(this.awareness, readVarUint8Array(decoder), this)
        return true
      case Message.auth:
        if (readVarUint(decoder) === 0) this.#is('refused', readVarString(decoder))
        return true
      case Message.queryAwareness:
        this.#tell([this.doc.clientID])
        return true
      // Whatever else it is, its length is not known.
      default: return false
    }
  }
}
