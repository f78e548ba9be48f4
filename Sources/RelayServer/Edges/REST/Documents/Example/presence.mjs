// Who is there, and what each shows of itself, by the rules of y-protocols: the newest entry of each client counts.

import { Reader, Writer } from './bytes.mjs'

/** Milliseconds for which a client is there that says nothing more. */
const timeout = 30000

export class Presence {
  constructor (client) {
    this.client = client
    // Of each client its clock, its state (null once it has left), and when it was last heard.
    this.entries = new Map()
  }

  /** The states of all others who are there, by client. */
  get others () { return [...this.entries].filter(([client, { state }]) => client !== this.client && state !== null).map(([client, { state }]) => [client, state]) }

  get own () { return this.entries.get(this.client)?.state ?? null }

  /** Shows something else of this client, or the same once more. Gives the message for the others. */
  show (state) {
    const clock = (this.entries.get(this.client)?.clock ?? -1) + 1
    this.entries.set(this.client, { clock, state, heard: Date.now() })
    return this.message()
  }

  /** Takes a message. Gives one for the others where they take this client for gone. */
  apply (bytes) {
    const reader = new Reader(bytes)
    let answer = null
    for (let count = reader.uint(); count > 0; count--) {
      const [client, clock, text] = [reader.uint(), reader.uint(), reader.text()]
      const known = this.entries.get(client)
      const state = readState(text)
      const isNews = !known || clock > known.clock || (clock === known.clock && state === null && known.state !== null)
      if (!isNews || (client === this.client && !known)) continue
      if (client === this.client) {
        known.clock = clock
        if (state === null && known.state !== null) answer = this.show(known.state)
      } else {
        this.entries.set(client, { clock, state, heard: Date.now() })
      }
    }
    return answer
  }

  /** Those who have said nothing for long are gone. */
  expire () {
    for (const [client, entry] of this.entries) if (client !== this.client && Date.now() - entry.heard > timeout) entry.state = null
  }

  /** Without the relay nobody is known to be there. Clocks stay: who comes back may come with the same. */
  forget () {
    for (const client of this.entries.keys()) if (client !== this.client) this.entries.delete(client)
  }

  message () {
    const writer = new Writer()
    const { clock, state } = this.entries.get(this.client)
    writer.uint(1)
    writer.uint(this.client)
    writer.uint(clock)
    writer.text(JSON.stringify(state))
    return writer.result
  }
}

function readState (text) {
  try {
    const state = JSON.parse(text)
    return typeof state === 'object' ? state : {}
  } catch {
    return {}
  }
}
