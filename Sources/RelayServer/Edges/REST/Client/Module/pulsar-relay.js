// @ts-self-types="./pulsar-relay.d.ts"

/**
 * The client of Pulsar Relay, for browsers and for Node from version 20 on. One module, which needs nothing else.
 *
 *     import { PulsarRelay } from 'https://relay.example.org/client/pulsar-relay.js'
 *     const relay = new PulsarRelay('https://relay.example.org')
 *     await relay.login('alice', 'secret')
 *     await relay.publish('news', { text: 'hello' })
 *     for await (const message of relay.subscribe('news')) console.log(message.payload)
 *
 * How it is built: a `PulsarRelay` has an `Http`, which asks and tells errors apart, and a `Session`, which has the tokens. A
 * `Subscription` owns where it is in each topic (`Position`), what waits for the application, and which way it reads
 * (`TransportLadder`). The ways themselves are functions that know nothing of each other: each reads on from the positions, and
 * says what comes. So a change from one to another loses and repeats nothing.
 *
 * The types are in pulsar-relay.d.ts, and the guide is docs/browsers.md.
 */

/** Times, in milliseconds. `new PulsarRelay(url, { timing })` changes them. */
export const TIMING = Object.freeze({
  /** How long a request may take. */
  request: 30_000,
  /** The pause before the first repeat of a request or a connection. Each later one is twice as long; all are by chance up to half less. */
  retryFirst: 500,
  retryLongest: 30_000,
  /** How long a publish, or another call that is repeated, is. The relay knows an idempotency key for 600 s, so stay well below. */
  retryWithin: 120_000,
  /** How long before its end a token is renewed; no more than a fifth of its life. */
  renewBefore: 60_000,
  /** How long a transport may take to show that it works. */
  open: 10_000,
  /**
   * How long a session of WebTransport may take to open, or three times what the last one took, before another transport is used meanwhile: there
   * are networks that swallow its packets.
   */
  quic: 500,
  /** After so much silence a WebSocket is asked for a sign of life. After twice that an event stream, in which comments come, is given up. */
  quiet: 25_000,
  /** How long that sign may take. */
  answer: 10_000,
  /** How long a poll waits for messages: 1 to 60 s. */
  poll: 25_000,
  /** A connection that lasts so long was a sound one. */
  settle: 10_000,
  /** When a better transport is tried again; each later time after twice as long. */
  climb: 60_000,
  climbLongest: 600_000
})

/** Best first. */
export const TRANSPORTS = Object.freeze(['webtransport', 'websocket', 'event-stream', 'long-poll'])

const MOST_TOPICS = 50
const MOST_IN_BULK = 100
/** `setTimeout` takes no more than 24 days; nobody waits so long. */
const LONGEST_WAIT = 3_600_000

// Errors

/** What went wrong at the relay, or on the way to it. Cancelling throws the signal's reason instead, as `fetch` does. */
export class RelayError extends Error {
  /**
   * @param {string} message
   * @param {object} [facts]
   * @param {string} [facts.code] for programs: see each class
   * @param {number|null} [facts.status] of the HTTP answer; null where there was none
   * @param {*} [facts.detail] what the relay said: a text, or a list of problems with fields
   * @param {number|null} [facts.retryAfter] milliseconds that the relay asked to wait
   */
  constructor (message, { code = 'failed', status = null, detail = null, retryAfter = null, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    Object.assign(this, { name: new.target.name, code, status, detail, retryAfter })
  }

  /** Whether the same may succeed later. */
  get isTransient () { return false }
}

/** 401, or nobody is logged in any more: `unauthenticated`. */
export class AuthenticationError extends RelayError {}

/** 403: `forbidden`. */
export class PermissionError extends RelayError {}

/** 404: `not_found`. */
export class NotFoundError extends RelayError {}

/** Other 4xx, such as a field that is wrong: `invalid`. */
export class InvalidRequestError extends RelayError {}

/** 429: `rate_limited`. */
export class RateLimitError extends RelayError {
  get isTransient () { return true }
}

/** 5xx: `unavailable`. */
export class UnavailableError extends RelayError {
  get isTransient () { return true }
}

/** No answer, or one that broke off: `network`; `timeout` where none came in time; `untrusted` where Node says so of the certificate. */
export class NetworkError extends RelayError {
  get isTransient () { return this.code !== 'untrusted' }
}

const KINDS = [
  [status => status === 401, AuthenticationError, 'unauthenticated'],
  [status => status === 403, PermissionError, 'forbidden'],
  [status => status === 404, NotFoundError, 'not_found'],
  [status => status === 429, RateLimitError, 'rate_limited'],
  [status => status === 408 || status >= 500, UnavailableError, 'unavailable'],
  [() => true, InvalidRequestError, 'invalid']
]

/** @returns {RelayError} what an answer that is no success means */
function errorOf (status, body, headers) {
  const detail = body?.detail ?? body?.message ?? null
  const [, Kind, code] = KINDS.find(([fits]) => fits(status))
  const said = Array.isArray(detail) ? detail.map(problemText).join('; ') : detail
  const facts = { code, status, detail, retryAfter: retryAfter(headers.get('retry-after')) }
  return new Kind(typeof said === 'string' ? said : `The relay answered ${status}`, facts)
}

const problemText = ({ loc = [], msg = '' }) => `${loc.join('.')}: ${msg}`

/** Milliseconds that a `Retry-After` asks for: seconds, or a date. Null where it says nothing that can be read. */
function retryAfter (text, now = Date.now()) {
  if (!text) return null
  const wait = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), LONGEST_WAIT)
}

// What decides, without a clock or a connection of its own

/** Pauses that grow, each by chance somewhat shorter, so that clients that lost one relay do not come back at one moment. */
class Backoff {
  #tries = 0

  constructor ({ retryFirst, retryLongest }, random = Math.random) {
    Object.assign(this, { first: retryFirst, longest: retryLongest, random })
  }

  /** @param {number|null} [asked] what the relay asked to wait at least */
  next (asked = 0) {
    const most = Math.min(this.longest, this.first * 2 ** this.#tries++)
    const wait = most / 2 + this.random() * most / 2
    return Math.min(LONGEST_WAIT, Math.max(wait, (asked ?? 0) + (asked ? this.random() * this.first : 0)))
  }

  reset () { this.#tries = 0 }
}

/**
 * Which transport a subscription uses. It goes down a step where one does not work although the relay can be reached, and where one
 * breaks soon after it opened, three times in a row. Steps up are tried after a pause, which grows with each that fails.
 */
class TransportLadder {
  static strikes = 3
  #step = 0
  #strikes = 0
  #refusals = 0
  /** Whether the current transport has worked in this network. */
  #hasOpened = false
  #pause
  #hasClimbed = false
  /** Whether the better one was left before it had all its time. */
  #wasHurried = false

  /** @param {string[]} names best first */
  constructor (names, { settle, climb, climbLongest }) {
    Object.assign(this, { names, settle, climb, climbLongest })
    this.#pause = climb
  }

  get current () { return this.names[this.#step] }

  /** Those that are better than the current one, best first. */
  get better () { return this.names.slice(0, this.#step) }

  /** The pause before a better one is tried. */
  get pause () { return this.#wasHurried ? 0 : this.#pause }

  /** Begins below the best one, where that is known not to work at the moment. */
  skip () { if (this.#step + 1 < this.names.length) this.#stepTo(this.#step + 1) }

  /** A connection works. */
  opened () { [this.#hasOpened, this.#refusals] = [true, 0] }

  /** A connection ended well, or lasted. */
  wentWell () {
    this.#strikes = 0
    if (this.#step === 0 && this.#hasClimbed) [this.#hasClimbed, this.#pause] = [false, this.climb]
  }

  /**
   * A connection failed.
   *
   * @param {boolean} opened whether it worked before
   * @param {number} lasted for how many milliseconds
   * @param {boolean} reachable whether the relay answers requests nevertheless
   * @param {boolean} [hurried] whether it may yet work: it is tried again at once, beside the next one
   * @returns {boolean} whether another transport is to be used now
   */
  failed ({ opened, lasted, reachable, hurried = false }) {
    if (opened && lasted >= this.settle) {
      this.wentWell()
      return false
    }
    if (!opened && !reachable) return false
    if (this.#step === this.names.length - 1 || this.#isSpared(opened, lasted)) return false
    if (this.#hasClimbed) this.climbFailed()
    this.#hasClimbed = false
    this.#stepTo(this.#step + 1)
    this.#wasHurried = hurried
    return true
  }

  /** A relay that was away may have come back after it refused a connection, and before it was asked: so what has worked is tried again. */
  #isSpared (opened, lasted) {
    if (opened) return ++this.#strikes < TransportLadder.strikes
    return this.#hasOpened && lasted < this.settle && ++this.#refusals < 2
  }

  #stepTo (step) {
    this.#step = step
    this.#strikes = this.#refusals = 0
    this.#hasOpened = this.#wasHurried = false
  }

  climbFailed () {
    if (!this.#wasHurried) this.#pause = Math.min(this.climbLongest, this.#pause * 2)
    this.#wasHurried = false
  }

  /** A better one works. */
  climbed (name) {
    this.#stepTo(this.names.indexOf(name))
    this.#hasClimbed = true
  }
}

/** Where a subscription is in one topic. */
class Position {
  #epoch = null
  #id = null
  #gap = null

  /** @param {string} start `latest`, `earliest`, or a cursor */
  constructor (start) {
    this.start = start
    if (start !== 'latest' && start !== 'earliest') this.moveTo(start)
  }

  get isKnown () { return this.#id !== null }

  /** Null until it is known. */
  get cursor () { return this.#id === null ? null : this.#epoch ? `${this.#epoch}@${this.#id}` : this.#id }

  /** What a request says: `earliest` is no id, and so means the oldest message kept. Undefined for what comes from now on. */
  get wire () { return this.cursor ?? (this.start === 'latest' ? undefined : this.start) }

  /** The relay says where reading begins. Where it tells no epoch, the one that is known stays. */
  moveTo (cursor, epoch = null) {
    const [, told, id] = /^(?:([^@]*)@)?(.*)$/s.exec(cursor)
    this.#id = id
    this.#epoch = epoch ?? told ?? this.#epoch
  }

  /** Messages are gone. The cursor stays until the next message: who connects again before that is told again. */
  passGap (gap) {
    const isNew = JSON.stringify(gap) !== JSON.stringify(this.#gap)
    this.#gap = gap
    return isNew
  }

  /** A message has come. Gives its cursor, and the gap right before it. */
  advance (id, epoch = null) {
    const gap = this.#gap
    this.#epoch = epoch ?? gap?.epoch ?? this.#epoch
    this.#id = id
    this.#gap = null
    return { cursor: this.cursor, gap }
  }
}

/** Reads an event stream as the HTML standard has it, but tells of events without data too: the first one has only an id. */
class EventStreamParser {
  #rest = ''
  #event = {}
  #atStart = true

  #take (line) {
    const [, name, value] = /^([^:]*)(?::[ ]?(.*))?$/s.exec(line)
    const event = this.#event
    if (name === 'data') event.data = event.data === undefined ? value ?? '' : `${event.data}\n${value ?? ''}`
    if (name === 'id' || name === 'event') event[name] = value ?? ''
  }

  /** @returns {Iterable<{id?: string, event?: string, data?: string}>} the events that are complete with this text */
  * push (text) {
    if (this.#atStart && text) [this.#atStart, text] = [false, text.replace(/^\uFEFF/, '')]
    // A carriage return at the end may be half of a line's end.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop()
    for (const line of lines) {
      if (line) this.#take(line)
      else if (Object.keys(this.#event).length) {
        const event = this.#event
        this.#event = {}
        yield event
      }
    }
  }
}

/** Cuts the bytes of a stream into texts, each behind its length in four bytes. */
class TextCutter {
  /** A stream that announces more is none of a relay's. */
  static longest = 64 << 20
  #bytes = new Uint8Array(0)
  #start = 0
  #end = 0

  #add (bytes) {
    if (this.#end + bytes.length > this.#bytes.length) {
      const held = this.#bytes.subarray(this.#start, this.#end)
      this.#bytes = new Uint8Array(Math.max(2 * held.length, held.length + bytes.length))
      this.#bytes.set(held);
      [this.#start, this.#end] = [0, held.length]
    }
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** @returns {Iterable<string>} the texts that are complete with these bytes */
  * push (bytes) {
    this.#add(bytes)
    while (this.#end - this.#start >= 4) {
      const from = this.#start + 4
      const length = new DataView(this.#bytes.buffer).getUint32(this.#start)
      if (length > TextCutter.longest) throw new NetworkError('The frame is longer than those of a relay')
      if (this.#end - from < length) return
      this.#start = from + length
      yield new TextDecoder().decode(this.#bytes.subarray(from, this.#start))
    }
  }
}

/** A text behind its length. */
function measured (text) {
  const content = new TextEncoder().encode(text)
  const bytes = new Uint8Array(4 + content.length)
  new DataView(bytes.buffer).setUint32(0, content.length)
  bytes.set(content, 4)
  return bytes
}

/** The cursors that an event's id tells, by topic. */
function cursorsOf (eventID, topics) {
  if (topics.length === 1 && !eventID.includes(':')) return [[topics[0], eventID]]
  return eventID.split(',').map(entry => [entry.slice(0, entry.lastIndexOf(':')), entry.slice(entry.lastIndexOf(':') + 1)])
}

const fromBase64 = text => Uint8Array.from(atob(text), character => character.charCodeAt(0))

function toBase64 (bytes) {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

// Waiting

/** Rejects with the signal's reason where it is cancelled first. */
function pause (milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    }
    const cancel = () => { end(); reject(signal.reason) }
    const timer = setTimeout(() => { end(); resolve() }, milliseconds)
    signal?.addEventListener('abort', cancel)
  })
}

/** What `promise` gives, or the signal's reason where that comes first. The promise itself goes on. */
function unlessAborted (promise, signal) {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => {})
      return reject(signal.reason)
    }
    const cancel = () => reject(signal.reason)
    signal.addEventListener('abort', cancel)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel))
  })
}

/** A controller that is cancelled with the signal too. `release` ends that. */
function childOf (signal) {
  const controller = new AbortController()
  const cancel = () => controller.abort(signal.reason)
  if (signal?.aborted) cancel()
  else signal?.addEventListener('abort', cancel)
  return Object.assign(controller, { release: () => signal?.removeEventListener('abort', cancel) })
}

/** Cancels what takes too long. It is wound up again and again where only silence is too long. */
class Watchdog {
  #timer

  constructor (controller) { this.controller = controller }

  wind (milliseconds, message) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.controller.abort(new NetworkError(message, { code: 'timeout' })), milliseconds)
  }

  stop () { clearTimeout(this.#timer) }
}

// Requests

/** Asks the relay, and says what came of it in the classes above. Knows no tokens but those that it is given. */
class Http {
  constructor (base, fetcher, timing) {
    Object.assign(this, { base, fetcher, timing })
  }

  /** @param {string} path from the relay's root on */
  address (path) { return new URL(path.slice(1), this.base) }

  /** The answer once its head is there; its body comes as long as the signal lets it. Throws what a refusal means. */
  async open (method, path, { token, headers, body }, signal) {
    const authorization = token ? { authorization: `Bearer ${token}` } : {}
    try {
      const all = { ...headers, ...authorization }
      const answer = await this.fetcher(this.address(path), { method, headers: all, body, signal, cache: 'no-store' })
      if (answer.ok) return answer
      throw errorOf(answer.status, jsonOf(await answer.text()), answer.headers)
    } catch (error) {
      throw named(error, signal)
    }
  }

  /** The whole answer. What is no JSON throws a `TypeError`. */
  async ask (method, path, { token, json, form, headers, signal, timeout = this.timing.request } = {}) {
    const type = json ? { 'content-type': 'application/json' } : {}
    const body = json ? JSON.stringify(json) : form && new URLSearchParams(form)
    const request = { token, headers: { ...headers, ...type }, body }
    const controller = childOf(signal)
    const watchdog = new Watchdog(controller)
    watchdog.wind(timeout, 'The relay did not answer in time')
    try {
      const answer = await this.open(method, path, request, controller.signal)
      const text = await answer.text()
      const value = jsonOf(text)
      // As of a network that wants a login first.
      if (text && value === null) throw new NetworkError('The answer is not one of a relay')
      return { body: value, headers: answer.headers, size: text.length }
    } catch (error) {
      throw named(error, controller.signal)
    } finally {
      watchdog.stop()
      controller.release()
    }
  }

  /** Repeats what may succeed later, with pauses, for a while. */
  async repeating (signal, act) {
    const backoff = new Backoff(this.timing)
    const end = performance.now() + this.timing.retryWithin
    for (;;) {
      try {
        return await act()
      } catch (error) {
        if (!error?.isTransient) throw error
        const wait = backoff.next(error.retryAfter)
        if (performance.now() + wait > end) throw error
        await pause(wait, signal)
      }
    }
  }
}

/**
 * Where the relay opens sessions of WebTransport, as it tells itself. It is asked once, after a while again, and after a session that did not
 * open: certificates change.
 */
class SessionOffer {
  #answer = null
  #until = 0
  #shunnedUntil = 0
  #took = 0

  /** @param {Http} http */
  constructor (http) { this.http = http }

  /** How long a session may take to open while nothing else is read by, in milliseconds. */
  get patience () { return Math.min(this.http.timing.open, Math.max(this.http.timing.quic, 3 * this.#took)) }

  /** Whether a session did not open a moment ago, so that others are not waited for either. */
  get isShunned () { return performance.now() < this.#shunnedUntil }

  /** @returns {Promise<{url: URL, digests: Uint8Array[]}|null>} null where the relay offers none, or does not say so in time */
  get (signal) {
    const { timing } = this.http
    if (!this.#answer || performance.now() >= this.#until) {
      [this.#answer, this.#until] = [this.#ask(), performance.now() + timing.climbLongest]
    }
    return unlessAborted(this.#answer, signal)
  }

  async #ask () {
    try {
      const { body } = await this.http.ask('GET', '/.well-known/pulsar-relay', { timeout: this.http.timing.quic })
      const { url, certificate_hashes: hashes = [] } = body.transports.find(({ type }) => type === 'webtransport')
      return { url: new URL(url), digests: hashes.map(fromHex) }
    } catch (error) {
      if (error instanceof RelayError && error.isTransient) this.#answer = null
      // Such as one of a relay that is older, or offers others alone.
      return null
    }
  }

  /** One has opened, after so many milliseconds. */
  opened (took) { [this.#took, this.#shunnedUntil] = [took, 0] }

  /** One did not open. */
  failed () {
    this.#answer = null
    this.#shunnedUntil = performance.now() + this.http.timing.climb
  }
}

const fromHex = text => Uint8Array.from(text.match(/../g), pair => parseInt(pair, 16))

/** Null for what is no JSON object. */
function jsonOf (text) {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

/** What was thrown on the way, as it is told: the reason of who cancelled it, else that of the network. */
function named (error, signal) {
  if (error instanceof RelayError) return error
  if (signal?.aborted) return signal.reason
  const { code, message } = error?.cause ?? {}
  if (DISTRUST.test(code)) return new NetworkError(`The relay's certificate is not trusted: ${message}`, { code: 'untrusted', cause: error })
  return new NetworkError('The relay could not be reached', { code: 'network', cause: error })
}

/** What Node calls a certificate that does not hold. Browsers tell pages nothing of it. */
const DISTRUST = /CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH/

// Who asks

/**
 * The tokens of one user. One renewal is under way at a time: a refresh token is good for one use, and a second use ends the whole login.
 * Where pages share a store, a lock of the browser's keeps them apart, and each takes over what another has renewed.
 */
class Session {
  #tokens = null
  #renewal = null
  #turn = Promise.resolve()

  /**
   * @param {Http} http
   * @param {object} options see `RelayOptions` in the types
   * @param {(type: string, detail: object) => void} tell of logins and logouts
   */
  constructor (http, { token = null, credentials = null, tokens = null, lock = null }, tell) {
    const provider = typeof token === 'string' ? () => token : token
    Object.assign(this, { http, provider, credentials, tell, store: tokens ?? inMemory(), lock: lock ?? (tokens ? webLock : alone) })
  }

  /**
   * An access token that is good for a while. `rejected` is one that the relay has not taken, or will not take much longer. Asks once:
   * whoever wants it repeats what fails on the way, with the pauses of its own.
   *
   * @returns {Promise<string>}
   */
  async token (signal, rejected = null) {
    signal?.throwIfAborted()
    if (isGood(this.#tokens, rejected)) return this.#tokens.accessToken
    const renewal = this.#renewal ??= this.#begun(rejected)
    renewal.waiting++
    try {
      return await unlessAborted(renewal.done, signal)
    } finally {
      if (--renewal.waiting === 0) this.#leave(renewal)
    }
  }

  /** A renewal that all wait for who want a token meanwhile. */
  #begun (rejected) {
    const renewal = Object.assign(new AbortController(), { waiting: 0 })
    renewal.done = this.#renew(rejected, renewal.signal).finally(() => this.#forget(renewal))
    return renewal
  }

  /** Nobody waits for it any more. The next who comes begins another one. */
  #leave (renewal) {
    renewal.abort(CLOSED)
    this.#forget(renewal)
  }

  #forget (renewal) { if (this.#renewal === renewal) this.#renewal = null }

  async login (username, password, signal) {
    const tokens = await this.#asked('/auth/login', { form: { grant_type: 'password', username, password }, signal })
    await this.#exclusively(() => this.#keep(tokens))
    this.tell('login', { username })
  }

  async adopt (answer) {
    await this.#exclusively(() => this.#keep(this.#tokensOf(answer)))
    this.tell('login', { username: null })
  }

  /** Forgets the tokens first, so that nobody uses them whatever becomes of the rest. */
  async logout (signal) {
    const tokens = await this.#exclusively(async () => {
      const tokens = validTokens(await this.store.get()) ?? this.#tokens
      await this.store.set(null)
      this.#tokens = null
      return tokens
    })
    this.tell('logout', { error: null })
    if (!tokens) return
    const { accessToken, refreshToken } = tokens
    const json = { refresh_token: refreshToken, revoke_chain: true }
    if (refreshToken) await this.http.ask('POST', '/auth/token/revoke', { json, signal })
    await this.http.ask('POST', '/auth/logout', { token: accessToken, signal }).catch(error => {
      if (!(error instanceof AuthenticationError)) throw error
    })
  }

  /** @param {AbortSignal} signal that nobody waits for it any more */
  #renew (rejected, signal) {
    return this.provider ? this.#provided(rejected) : this.#exclusively(() => this.#renewed(rejected, signal))
  }

  async #provided (rejected) {
    let accessToken
    try {
      accessToken = await this.provider({ rejected })
    } catch (error) {
      if (error instanceof RelayError) throw error
      throw new NetworkError('The application has no token at the moment', { code: 'network', cause: error })
    }
    if (typeof accessToken !== 'string' || !accessToken) throw new TypeError('A token is a text')
    if (accessToken === rejected) throw new AuthenticationError('The token is not good any more', { code: 'unauthenticated' })
    this.#tokens = { accessToken, refreshToken: null, renewAt: renewalOf(accessToken, this.http.timing) }
    return accessToken
  }

  async #renewed (rejected, signal) {
    const known = validTokens(await this.store.get())
    // Another page has renewed them, or this one was opened with them.
    if (isGood(known, rejected)) return (this.#tokens = known).accessToken
    try {
      if (known?.refreshToken) return await this.#keep(await this.#refreshed(known, rejected))
    } catch (error) {
      if (!(error instanceof AuthenticationError) || !this.credentials) throw await this.#ended(error)
    }
    if (!this.credentials) throw await this.#ended(new AuthenticationError('Nobody is logged in', { code: 'unauthenticated' }))
    const { username, password } = this.credentials
    const form = { grant_type: 'password', username, password }
    return this.#keep(await this.#asked('/auth/login', { form, signal }))
  }

  /**
   * While the old token is good, a relay that can't be reached is no hurry. A refresh is not cancelled: its answer has the only token that
   * the login goes on with.
   */
  async #refreshed (known, rejected) {
    try {
      return await this.#asked('/auth/token/refresh', { json: { refresh_token: known.refreshToken } })
    } catch (error) {
      if (!error.isTransient || known.accessToken === rejected || Date.now() >= known.expiresAt) throw error
      return known
    }
  }

  async #asked (path, request) {
    return this.#tokensOf((await this.http.ask('POST', path, request)).body)
  }

  #tokensOf ({ access_token: accessToken, refresh_token: refreshToken, expires_in: seconds }) {
    const life = seconds * 1000
    return {
      accessToken,
      refreshToken: refreshToken ?? null,
      expiresAt: Date.now() + life,
      renewAt: Date.now() + life - Math.min(this.http.timing.renewBefore, life / 5)
    }
  }

  async #keep (tokens) {
    this.#tokens = tokens
    await this.store.set(tokens)
    return tokens.accessToken
  }

  /** The login is over, where that is what the error says. */
  async #ended (error) {
    if (error instanceof AuthenticationError) {
      const wasLoggedIn = (this.#tokens ?? validTokens(await this.store.get())) !== null
      this.#tokens = null
      await this.store.set(null)
      if (wasLoggedIn) this.tell('logout', { error })
    }
    return error
  }

  #exclusively (act) {
    const done = this.#turn.then(() => this.lock(`pulsar-relay ${this.http.base}`, act))
    this.#turn = done.catch(() => {})
    return done
  }
}

const alone = (_, act) => act()

/** Between the pages of an origin. Browsers have it on https, and on http for this machine. */
const webLock = (name, act) => globalThis.navigator?.locks ? navigator.locks.request(name, act) : act()

const isGood = (tokens, rejected) => tokens !== null && tokens.accessToken !== rejected && Date.now() < tokens.renewAt

const validTokens = tokens => typeof tokens?.accessToken === 'string' && Number.isFinite(tokens.renewAt) ? tokens : null

/** When a token is to be renewed, by what it says itself. One that says nothing is good until it is not taken. */
function renewalOf (token, { renewBefore }) {
  try {
    const { exp, iat = exp } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')))
    return Number.isFinite(exp) ? exp * 1000 - Math.min(renewBefore, (exp - iat) * 200) : Infinity
  } catch {
    return Infinity
  }
}

function inMemory () {
  let kept = null
  return { get: () => kept, set: value => { kept = value } }
}

/**
 * Keeps a login in `localStorage`, for all pages of the origin, or in `sessionStorage`, for one.
 *
 * @param {Storage} storage
 */
export function storedTokens (storage, key = 'pulsar-relay:tokens') {
  return {
    get: () => jsonOf(storage.getItem(key) ?? ''),
    set: tokens => tokens ? storage.setItem(key, JSON.stringify(tokens)) : storage.removeItem(key)
  }
}

/**
 * Keeps the cursors of a subscription in `localStorage` or `sessionStorage`.
 *
 * @param {Storage} storage
 */
export function storedCursors (storage, prefix = 'pulsar-relay:cursor:') {
  return {
    get: topic => storage.getItem(prefix + topic),
    set: (topic, cursor) => storage.setItem(prefix + topic, cursor)
  }
}

// The client

/**
 * A relay, and a user of it. It holds nothing open but what its subscriptions do.
 *
 * Events: `login`, with the user's name, and `logout`, with an `error` where the login ended by itself.
 */
export class PulsarRelay extends EventTarget {
  #http
  #session
  #parts
  #subscriptions = new Set()

  /**
   * @param {string|URL} [url] the relay's; left out, the one that this module came from
   * @param {object} [options] see `RelayOptions` in the types
   */
  constructor (url = new URL('..', import.meta.url), options = {}) {
    super()
    const base = new URL(url)
    if (!/^https?:$/.test(base.protocol)) throw new TypeError('The address of a relay begins with http: or https:')
    if (!base.pathname.endsWith('/')) base.pathname += '/'
    const timing = { ...TIMING, ...options.timing }
    const fetcher = options.fetch ?? ((...request) => globalThis.fetch(...request))
    this.#http = new Http(base, fetcher, timing)
    this.#session = new Session(this.#http, options, (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail })))
    const { WebSocket = globalThis.WebSocket, WebTransport = globalThis.WebTransport } = options
    const parts = { http: this.#http, timing, WebSocket, WebTransport, offer: new SessionOffer(this.#http) }
    this.#parts = { ...parts, session: this.#session, authorized: (...request) => this.#authorized(...request) }
  }

  /** Logs in with a password. The tokens are kept, and renewed when they have to be. */
  async login (username, password, { signal } = {}) {
    if (typeof username !== 'string' || typeof password !== 'string') throw new TypeError('A login takes a username and a password')
    await this.#session.login(username, password, signal)
  }

  /**
   * Goes on with tokens that the application has got from the relay itself: by a device's code, a provider, or a new password. They are
   * kept and renewed as those of a log-in.
   *
   * @param {object} answer as `POST /auth/login` gives it
   */
  async adopt (answer) {
    if (typeof answer?.access_token !== 'string' || !Number.isFinite(answer.expires_in)) throw new TypeError('These are no tokens')
    await this.#session.adopt(answer)
  }

  /** Ends the login, at the relay too, and all that reads by it. */
  async logout ({ signal } = {}) { await this.#session.logout(signal) }

  /** An access token that is good for a while, for requests that this client does not know. */
  async token ({ signal } = {}) { return this.#http.repeating(signal, () => this.#session.token(signal)) }

  /** Who is logged in, as the relay says. */
  async whoami ({ signal } = {}) {
    return (await this.#http.repeating(signal, () => this.#authorized('GET', '/auth/me', { signal }))).body
  }

  /**
   * Publishes a message: once, however often it has to be sent. It is repeated where there was no answer, or one that says that it may
   * succeed later.
   *
   * @param {string} topic
   * @param {object|Uint8Array} payload
   * @param {object} [options] see `PublishOptions` in the types
   */
  async publish (topic, payload, { idempotencyKey, signal, ...rest } = {}) {
    const { body, headers } = await this.#post('/api/v1/messages', outgoing({ topic, payload, ...rest }), idempotencyKey, signal)
    return { id: body.message_id, topic: body.topic, timestamp: body.timestamp, durability: headers.get('x-durability') }
  }

  /** Publishes up to 100 messages in one request. If one of them is refused, none is stored, and this throws. */
  async publishAll (messages, { idempotencyKey, signal } = {}) {
    if (!Array.isArray(messages) || messages.length < 1 || messages.length > MOST_IN_BULK) {
      throw new TypeError(`A bulk is a list of 1 to ${MOST_IN_BULK} messages`)
    }
    const { body } = await this.#post('/api/v1/messages/bulk', { messages: messages.map(outgoing) }, idempotencyKey, signal)
    const results = body.results.map(result => ({ id: result.message_id, topic: result.topic, error: result.error }))
    return { results, accepted: body.summary.accepted, rejected: body.summary.rejected }
  }

  /** A page of what a topic keeps. Its `cursor` is that of the next page; an empty page is the end. */
  async history (topic, { order = 'desc', limit = 100, cursor = null, signal } = {}) {
    checkTopic(topic)
    if (order !== 'desc' && order !== 'asc') throw new TypeError("The order is 'desc' or 'asc'")
    const query = new URLSearchParams({ order, limit })
    if (cursor) query.set('cursor', cursor)
    const path = `/api/v1/topics/${encodeURIComponent(topic)}/messages?${query}`
    const { body } = await this.#http.repeating(signal, () => this.#authorized('GET', path, { signal }))
    const cursorOf = id => id && body.epoch ? `${body.epoch}@${id}` : id
    const gap = gapOf(body.gap, topic)
    const messages = body.messages.map((message, index) =>
      incoming(message, { cursor: cursorOf(message.message_id), gap: index === 0 ? gap : null }))
    return { messages, cursor: cursorOf(body.next_cursor), epoch: body.epoch ?? null, gap }
  }

  /** All that a topic keeps, message by message, the newest first unless `order` is `asc`. Pages are asked for as they are needed. */
  async * walkHistory (topic, { cursor = null, ...options } = {}) {
    for (;;) {
      const page = await this.history(topic, { ...options, cursor })
      if (page.messages.length === 0) return
      yield * page.messages
      cursor = page.cursor
    }
  }

  /**
   * Follows up to 50 topics. Begins to connect at once, and goes on until it is closed or refused.
   *
   * @param {string|string[]} topics
   * @param {object} [options] see `SubscribeOptions` in the types
   * @returns {Subscription}
   */
  subscribe (topics, options = {}) {
    const subscription = new Subscription(this.#parts, topics, options)
    this.#subscriptions.add(subscription)
    subscription.addEventListener('close', () => this.#subscriptions.delete(subscription))
    return subscription
  }

  /** Closes all subscriptions. */
  async close () { await Promise.all([...this.#subscriptions].map(subscription => subscription.close())) }

  #post (path, json, key = newKey(), signal) {
    if (!/^[\x20-\x7e]{1,255}$/.test(key)) throw new TypeError('An idempotency key is 1 to 255 characters of ASCII')
    return this.#http.repeating(signal, () => this.#authorized('POST', path, { json, headers: { 'idempotency-key': key }, signal }))
  }

  /** A request with a token; with another one where the first is not taken. */
  async #authorized (method, path, request = {}) {
    const token = await this.#session.token(request.signal)
    try {
      return await this.#http.ask(method, path, { ...request, token })
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      return this.#http.ask(method, path, { ...request, token: await this.#session.token(request.signal, token) })
    }
  }
}

function newKey () {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

function checkTopic (topic) {
  if (typeof topic !== 'string' || !topic) throw new TypeError('The name of a topic is a text')
}

/** A message on its way to the relay. */
function outgoing ({ topic, payload, ttl, metadata }) {
  checkTopic(topic)
  if (payload instanceof Uint8Array) return { topic, payload: toBase64(payload), encoding: 'base64', ttl, metadata }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new TypeError('A payload is an object, or a Uint8Array for topics of bytes')
  }
  return { topic, payload, ttl, metadata }
}

/** A message as the application gets it. */
function incoming (wire, { cursor, gap }) {
  return {
    id: wire.message_id,
    topic: wire.topic,
    payload: wire.encoding === 'base64' ? fromBase64(wire.payload) : wire.payload,
    timestamp: wire.timestamp,
    metadata: wire.metadata ?? {},
    sender: wire.sender ?? null,
    isSnapshot: wire.snapshot === true,
    cursor,
    gap
  }
}

const gapOf = (wire, topic) => wire ? { topic, after: wire.after, resumedFrom: wire.resumed_from, epoch: wire.epoch ?? null } : null

// Reading

/** Why a connection ends that was a good one: not a failure. */
class Interruption {
  /** @param {string} why `full`, `climb`, or `again`: a topic has ended, and is followed anew */
  constructor (why) { this.why = why }
}

/** What `close()` gives as the reason. */
const CLOSED = new Interruption('closed')

/**
 * Topics that are followed. Messages wait in a bounded buffer until somebody takes them: by iterating, or by listening to `message`.
 * While it is full nothing more is read, and later reading goes on where it stopped.
 *
 * Events: `open`, `message`, `gap`, `wait` (before it connects again) and `close`. See `SubscriptionEvents` in the types.
 */
export class Subscription extends EventTarget {
  #parts
  #positions
  #ladder
  #backoff
  #life = new AbortController()
  #state = 'connecting'
  #transport = null
  #error = null
  #ready
  #ended

  #buffer = []
  #bufferedSize = 0
  #most
  #hasListener = false
  #isIterated = false
  #lastTaken = null
  #takers = []
  #roomWaiters = []

  #store
  #stored = new Set()
  #unsaved = new Map()
  #saving = null

  /** A token that the relay has not taken, and whether two in a row were not. */
  #rejected = null
  #wasRefused = false

  /** Not for applications: `relay.subscribe` makes them. */
  constructor (parts, topics, options) {
    super()
    const { from = 'latest', cursors = null, transports = TRANSPORTS, maxBuffered = 256, maxBufferedSize = 4 << 20, signal } = options
    const names = [...new Set([topics].flat())]
    names.forEach(checkTopic)
    if (names.length < 1 || names.length > MOST_TOPICS) throw new TypeError(`A subscription follows 1 to ${MOST_TOPICS} topics`)
    if (!(maxBuffered >= 1) || !(maxBufferedSize >= 1)) throw new TypeError('A buffer takes at least one message')
    const missing = { websocket: !parts.WebSocket, webtransport: !parts.WebTransport }
    const usable = TRANSPORTS.filter(name => transports.includes(name) && !missing[name])
    if (usable.length === 0) throw new TypeError(`Transports are some of ${TRANSPORTS.join(', ')}`)
    this.#parts = parts
    this.#positions = new Map(names.map(name => [name, new Position(startOf(from, name))]))
    this.#ladder = new TransportLadder(usable, parts.timing)
    this.#backoff = new Backoff(parts.timing)
    this.#most = { count: maxBuffered, size: maxBufferedSize }
    this.#store = cursors
    this.#ready = new Promise((resolve, reject) => { this.#ended = { resolve, reject } })
    this.#ready.catch(() => {})
    const cancel = () => {
      this.#buffer = []
      this.#end(signal.reason)
    }
    signal?.addEventListener('abort', cancel)
    this.#life.signal.addEventListener('abort', () => signal?.removeEventListener('abort', cancel))
    // The caller first gets the subscription, and listens.
    queueMicrotask(() => signal?.aborted ? cancel() : this.#run())
  }

  get topics () { return [...this.#positions.keys()] }

  /** `connecting`, `open`, `full` (the buffer is), `waiting` (to connect again), or `closed`. */
  get state () { return this.#state }

  /** By which transport it reads; null while there is no connection. */
  get transport () { return this.#transport }

  /** Where it is in each topic, by what has been received; topics of which that is not known yet are left out. */
  get cursors () {
    const known = [...this.#positions].filter(([, position]) => position.isKnown)
    return Object.fromEntries(known.map(([topic, { cursor }]) => [topic, cursor]))
  }

  /** Resolves once it is connected for the first time. Rejects where it ends before. */
  get ready () { return this.#ready }

  /** Ends it. Resolves once the last cursors are stored. What still waits is dropped, and read again by who begins with these. */
  async close () {
    this.#buffer = []
    this.#end(null)
    await this.#saving
  }

  // What the application takes

  /** Messages, in order; after the last one the error, where it ends by one. An iteration that is left closes the subscription. */
  [Symbol.asyncIterator] () {
    this.#isIterated = true
    return {
      next: () => this.#take(),
      return: async () => {
        await this.close()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator] () { return this }
    }
  }

  /** As everywhere. From the first listener to `message` on messages go to the listeners, unless somebody iterates. */
  addEventListener (type, ...rest) {
    super.addEventListener(type, ...rest)
    if (type !== 'message' || this.#hasListener) return
    this.#hasListener = true
    queueMicrotask(() => this.#hand())
  }

  /** Stores a message's cursor: it is done with. Happens by itself, when the next one is asked for or the listeners have returned. */
  save ({ topic, cursor }) {
    if (!this.#store) return
    this.#unsaved.set(topic, cursor)
    this.#saving ??= this.#saveAll().catch(error => this.#end(error)).finally(() => { this.#saving = null })
  }

  async #saveAll () {
    for (;;) {
      const [entry] = this.#unsaved
      if (!entry) return
      this.#unsaved.delete(entry[0])
      await this.#store.set(...entry)
    }
  }

  async #take () {
    const taken = this.#lastTaken
    this.#lastTaken = null
    if (taken) this.save(taken)
    const result = await new Promise(resolve => {
      this.#takers.push(resolve)
      this.#hand()
    })
    if (result) this.#lastTaken = result
    else if (this.#error) throw this.#error
    return result ? { done: false, value: result } : { done: true, value: undefined }
  }

  /** Gives what waits to who waits for it. */
  #hand () {
    while (this.#buffer.length && (this.#isIterated ? this.#takers.length : this.#hasListener)) {
      const { message, size } = this.#buffer.shift()
      this.#bufferedSize -= size
      if (this.#isIterated) {
        this.#takers.shift()(message)
      } else {
        this.#tell('message', message)
        this.save(message)
      }
    }
    if (this.#state === 'closed' && this.#buffer.length === 0) this.#takers.splice(0).forEach(resolve => resolve(null))
    if (this.#buffer.length <= this.#most.count / 2 && this.#bufferedSize <= this.#most.size / 2) {
      this.#roomWaiters.splice(0).forEach(resolve => resolve())
    }
  }

  get #isFull () { return this.#buffer.length >= this.#most.count || this.#bufferedSize >= this.#most.size }

  async #room (signal) {
    signal.throwIfAborted()
    if (!this.#isFull) return
    const state = this.#state
    this.#state = 'full'
    await unlessAborted(new Promise(resolve => this.#roomWaiters.push(resolve)), signal)
    this.#state = state
  }

  // What keeps it going

  async #run () {
    try {
      await this.#recall()
      await this.#choose()
      for (;;) await this.#round()
    } catch (error) {
      this.#end(error)
    }
  }

  /** Begins where it ended the last time. */
  async #recall () {
    if (!this.#store) return
    for (const [topic, position] of this.#positions) {
      const cursor = await this.#store.get(topic)
      if (!cursor) continue
      position.moveTo(cursor)
      this.#stored.add(topic)
    }
  }

  /** Begins by another transport where the relay offers no WebTransport, or none has got through a moment ago. */
  async #choose () {
    if (this.#ladder.current !== 'webtransport') return
    const { offer } = this.#parts
    if (offer.isShunned || !await offer.get(this.#life.signal)) this.#ladder.skip()
  }

  /** One connection, from its beginning to its end. Throws where the subscription ends with it. */
  async #round () {
    await this.#room(this.#life.signal)
    this.#state = 'connecting'
    const name = this.#ladder.current
    const link = new Link(this.#parts, this.#positions, this.#rejected, this.#life.signal, this.#inward)
    this.#transport = null
    let reason
    try {
      await READERS[name](link)
    } catch (error) {
      reason = link.signal.aborted ? link.signal.reason : error
    } finally {
      link.end()
      clearTimeout(link.climb)
      this.#transport = null
    }
    this.#life.signal.throwIfAborted()
    await this.#goOn(reason, link)
  }

  /** What comes from a connection. */
  #inward = {
    opened: link => {
      this.#transport = this.#ladder.current
      this.#ladder.opened()
      this.#state = 'open'
      this.#wasRefused = false
      this.#tell('open', { transport: this.#transport, cursors: this.cursors })
      this.#ended.resolve()
      this.#planClimb(link)
    },
    begin: (topic, cursor, epoch) => {
      this.#positions.get(topic)?.moveTo(cursor, epoch)
      if (!this.#store || this.#stored.has(topic)) return
      this.#stored.add(topic)
      this.save({ topic, cursor: this.cursors[topic] })
    },
    message: (wire, epoch, size) => {
      const position = this.#positions.get(wire.topic)
      if (!position || this.#state === 'closed') return
      this.#backoff.reset()
      this.#buffer.push({ message: incoming(wire, position.advance(wire.message_id, epoch)), size })
      this.#bufferedSize += size
      this.#hand()
    },
    gap: gap => { if (this.#positions.get(gap.topic)?.passGap(gap)) this.#tell('gap', gap) },
    isFull: () => this.#isFull,
    room: signal => this.#room(signal)
  }

  /** What comes after a connection. */
  async #goOn (reason, { opened, lasted, token }) {
    if (reason instanceof Interruption) {
      if (reason.why === 'full') this.#ladder.wentWell()
      if (reason.why === 'again' && lasted < this.#parts.timing.settle) await this.#rest(reason, this.#backoff.next())
      return
    }
    if (!(reason instanceof RelayError)) throw reason
    if (reason instanceof AuthenticationError) {
      if (token === null || (!opened && this.#wasRefused)) throw reason
      this.#wasRefused = !opened
      this.#rejected = token
      return opened && lasted < this.#parts.timing.settle ? this.#rest(reason, this.#backoff.next()) : undefined
    }
    const isFinal = reason.detail !== null || reason.code === 'untrusted' || this.#ladder.current === this.#ladder.names.at(-1)
    if (!reason.isTransient && isFinal) throw reason
    if (lasted >= this.#parts.timing.settle) this.#backoff.reset()
    const reachable = opened || (reason.code !== 'restarting' && await this.#isReachable(token))
    const hurried = this.#ladder.current === 'webtransport' && !opened && reason.code === 'timeout'
    const isStep = reason.code !== 'restarting' && this.#ladder.failed({ opened, lasted, reachable, hurried })
    await this.#rest(reason, isStep ? 0 : this.#backoff.next(reason.retryAfter))
  }

  /**
   * Whether the relay answers requests by the token that a connection failed with: browsers don't say why a WebSocket does not open. Throws
   * where this user may not ask any more.
   */
  async #isReachable (token) {
    const { authorized, session, timing } = this.#parts
    try {
      await authorized('GET', '/auth/me', { signal: this.#life.signal, timeout: timing.open })
      return await session.token(this.#life.signal) === token
    } catch (error) {
      if (!(error instanceof RelayError) || error instanceof AuthenticationError || error instanceof PermissionError) throw error
      if (error.code === 'untrusted') throw error
      return !error.isTransient
    }
  }

  /** Waits, but no longer than until the network is back where it was away. */
  async #rest (error, delay) {
    this.#state = 'waiting'
    this.#tell('wait', { error: error instanceof Interruption ? null : error, delay, transport: this.#ladder.current })
    const rest = childOf(this.#life.signal)
    const wake = () => rest.abort(CLOSED)
    globalThis.addEventListener?.('online', wake)
    try {
      await pause(delay, rest.signal)
    } catch (reason) {
      if (this.#life.signal.aborted) throw reason
    } finally {
      globalThis.removeEventListener?.('online', wake)
      rest.release()
    }
  }

  /** While a connection goes on, a better transport is tried beside it, for nothing but to see whether it opens. */
  #planClimb (link) {
    if (this.#ladder.better.length === 0) return
    link.climb = setTimeout(async () => {
      for (const name of this.#ladder.better) {
        if (!await this.#opens(name, link)) continue
        if (link.signal.aborted) return
        this.#ladder.climbed(name)
        return link.interrupt('climb')
      }
      if (link.signal.aborted) return
      this.#ladder.climbFailed()
      this.#planClimb(link)
    }, this.#ladder.pause)
  }

  async #opens (name, { signal }) {
    const positions = new Map(this.topics.map(topic => [topic, new Position('latest')]))
    let opened = false
    const ignored = () => {}
    const trial = new Link(this.#parts, positions, null, signal, {
      opened: trial => { opened = true; trial.interrupt('seen') },
      begin: ignored, message: ignored, gap: ignored, isFull: () => false, room: async () => {}
    })
    trial.isTrial = true
    await READERS[name](trial).catch(ignored)
    trial.end()
    return opened
  }

  #end (reason) {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#error = reason instanceof Interruption ? null : reason
    this.#life.abort(CLOSED)
    this.#ended.reject(this.#error ?? new RelayError('The subscription was closed', { code: 'closed' }))
    this.#hand()
    this.#tell('close', { error: this.#error })
  }

  #tell (type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })) }
}

/** Where a topic begins that has no stored cursor. */
function startOf (from, topic) {
  const start = typeof from === 'object' ? from?.[topic] ?? 'latest' : from
  if (typeof start !== 'string' || !start) throw new TypeError("from is 'latest', 'earliest', a cursor, or an object with these by topic")
  return start
}

/** One connection: what a transport is given, and what it says. */
class Link {
  #controller
  #inward
  #began = performance.now()
  opened = false
  token = null
  /** Whether another one goes on meanwhile, so that there is time. */
  isTrial = false

  /** @param {object} parts `http`, `timing`, `session`, `authorized`, `offer`, `WebSocket` and `WebTransport` */
  constructor (parts, positions, rejected, signal, inward) {
    this.#controller = childOf(signal)
    this.#inward = inward
    Object.assign(this, parts, { positions, rejected, watchdog: new Watchdog(this.#controller) })
  }

  get topics () { return [...this.positions.keys()] }
  get signal () { return this.#controller.signal }
  get lasted () { return performance.now() - this.#began }
  get isFull () { return this.#inward.isFull() }

  /** The token that it lives on. */
  async takeToken (rejected = this.rejected) { return (this.token = await this.session.token(this.signal, rejected)) }

  begin (topic, cursor, epoch) { this.#inward.begin(topic, cursor, epoch) }

  open () {
    if (this.opened) return
    this.opened = true
    this.#inward.opened(this)
  }

  message (wire, epoch, size) { this.#inward.message(wire, epoch, size) }
  gap (wire, topic) { this.#inward.gap(gapOf(wire, topic)) }
  room () { return this.#inward.room(this.signal) }
  interrupt (why) { this.#controller.abort(new Interruption(why)) }

  end () {
    this.watchdog.stop()
    this.#controller.abort(CLOSED)
    this.#controller.release()
  }

  /** Finds the newest message of each topic that begins with what comes next, for transports that can't be told so. */
  async locate () {
    for (const [topic, position] of this.positions) {
      if (position.wire !== undefined) continue
      const path = `/api/v1/topics/${encodeURIComponent(topic)}/messages?limit=1`
      const { body } = await this.authorized('GET', path, { signal: this.signal }).catch(error => {
        if (error instanceof NotFoundError) return { body: {} }
        throw error
      })
      if (body.next_cursor) this.begin(topic, body.next_cursor, body.epoch)
      else position.start = 'earliest'
    }
  }
}

/** Each reads on from the positions, until it throws: what failed, or an interruption. */
const READERS = { webtransport: overWebTransport, websocket: overWebSocket, 'event-stream': overEventStream, 'long-poll': overLongPoll }

async function overWebTransport (link) {
  const { offer } = link
  const place = await offer.get(link.signal)
  if (!place) throw new NetworkError('The relay offers no WebTransport', { code: 'network' })
  const token = await link.takeToken()
  const address = new URL(place.url)
  address.searchParams.set('frames', 'json')
  address.searchParams.set('token', token)
  link.watchdog.wind(link.isTrial ? link.timing.open : offer.patience, 'The session of WebTransport does not open')
  let socket = null
  try {
    await conversation(link, () => (socket = new SessionSocket(link, address.href, place.digests)))
  } finally {
    if (!socket?.wasOpen && link.signal.reason !== CLOSED) offer.failed()
  }
}

/**
 * The first stream of a session of WebTransport, used as a WebSocket is. What the application has no room for stays in the stream, whose
 * credit then holds the relay back.
 */
class SessionSocket {
  readyState = 0
  wasOpen = false
  /** Whether nothing is read, for lack of room. */
  isHeld = false
  #link
  #session
  #writer

  constructor (link, address, digests) {
    const hashes = digests.map(value => ({ algorithm: 'sha-256', value }))
    this.#link = link
    this.#session = new link.WebTransport(address, hashes.length ? { serverCertificateHashes: hashes } : {})
    // Whoever waits for it hears of it.
    this.#session.closed.catch(() => {})
    this.#run()
  }

  /** That holds back by itself what there is no room for. */
  get holds () { return true }

  async #run () {
    const began = performance.now()
    try {
      await this.#session.ready
      this.wasOpen = true
      this.#link.offer.opened(performance.now() - began)
      const { readable, writable } = await this.#session.createBidirectionalStream()
      this.#writer = writable.getWriter()
      this.readyState = 1
      this.#link.watchdog.wind(this.#link.timing.open, 'The session of WebTransport is silent')
      this.onopen?.()
      await this.#read(readable.getReader())
    } catch {
      // The end of the session says more.
    }
    const { closeCode: code = 1006, reason = '' } = await this.#end()
    this.readyState = 3
    this.onclose?.({ code, reason })
  }

  async #read (reader) {
    const cutter = new TextCutter()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const data of cutter.push(value)) {
        this.onmessage?.({ data })
        if (this.#link.isFull) await this.#room()
      }
    }
  }

  async #room () {
    this.#link.watchdog.stop()
    this.isHeld = true
    await this.#link.room()
    this.isHeld = false
  }

  /** How the session ends, which it does soon after its stream. */
  async #end () {
    try {
      return await Promise.race([this.#session.closed, pause(2000)]) ?? {}
    } catch {
      return {}
    }
  }

  send (text) { this.#writer.write(measured(text)).catch(() => {}) }

  close () {
    try { this.#session.close() } catch {}
  }
}

async function overWebSocket (link) {
  const token = await link.takeToken()
  const address = link.http.address('/ws')
  address.protocol = address.protocol.replace('http', 'ws')
  link.watchdog.wind(link.timing.open, 'The WebSocket does not open')
  await conversation(link, () => new link.WebSocket(address.href, ['bearer', `bearer.${token}`]))
}

async function conversation (link, open) {
  let socket
  try {
    socket = open()
  } catch (error) {
    // A page's own rules may forbid it.
    throw new NetworkError('A connection is not allowed', { code: 'network', cause: error })
  }
  try {
    await new Promise((_, reject) => converse(link, socket, reject))
  } finally {
    Object.assign(socket, { onopen: null, onmessage: null, onclose: null, onerror: () => {} })
    socket.close()
  }
}

/** What is said over a WebSocket, or what is used as one, until `end` is called. */
function converse (link, socket, end) {
  const say = frame => socket.send(JSON.stringify(frame))
  let refusal = null
  let isQuiet = false
  const pulse = setInterval(() => {
    if (link.opened && isQuiet && socket.readyState === 1 && !socket.isHeld) {
      say({ type: 'ping' })
      link.watchdog.wind(link.timing.answer, 'The connection is silent')
    }
    isQuiet = true
  }, link.timing.quiet)
  link.signal.addEventListener('abort', () => {
    clearInterval(pulse)
    end(link.signal.reason)
  })

  const renew = async () => {
    // Without a new token the relay ends the connection in its time.
    try {
      say({ type: 'auth', token: await link.http.repeating(link.signal, () => link.takeToken(link.token)) })
    } catch {}
  }
  const failed = ({ code, message, details }) => {
    if (code === 'AUTH_ERROR') return end(new AuthenticationError(message, { code: 'unauthenticated', detail: message }))
    if (link.opened) return code === 'SUBSCRIPTION_ERROR' ? end(new Interruption('again')) : undefined
    const isDenied = message.startsWith('Access denied')
    const [Kind, kind] = isDenied ? [PermissionError, 'forbidden'] : [InvalidRequestError, 'invalid']
    refusal = new Kind(message, { code: kind, detail: message })
    // What is denied for good ends the connection next; what only has no room does not.
    const later = new UnavailableError(message, { code: 'unavailable', detail: details ?? message })
    setTimeout(() => end(later), Math.min(1000, link.timing.answer))
  }
  const takers = {
    subscribed: ({ cursors, epochs = {} }) => {
      for (const [topic, cursor] of Object.entries(cursors)) link.begin(topic, cursor, epochs[topic])
      link.open()
    },
    message: (frame, size) => link.message(frame, null, size),
    gap: frame => link.gap(frame, frame.topic),
    token_expiring: renew,
    error: failed
  }
  socket.onopen = () => {
    const known = [...link.positions].filter(([, position]) => position.wire !== undefined)
    const cursors = Object.fromEntries(known.map(([topic, { wire }]) => [topic, wire]))
    say({ type: 'subscribe', topics: link.topics, cursors })
  }
  socket.onmessage = ({ data }) => {
    if (link.signal.aborted) return
    isQuiet = false
    if (link.opened) link.watchdog.stop()
    try {
      const frame = jsonOf(data)
      takers[frame?.type]?.(frame, data.length)
    } catch (error) {
      end(new NetworkError('The frame is not one of a relay', { code: 'network', cause: error }))
    }
    if (link.isFull && !socket.holds) link.interrupt('full')
  }
  // The end, which comes next, says more. In some versions of Node it does not come.
  socket.onerror = () => setTimeout(() => end(closing(1006, '', refusal)), 100)
  socket.onclose = ({ code, reason }) => end(closing(code, reason, refusal))
}

/** What the end of a WebSocket or a session means. */
function closing (code, reason, refusal) {
  const isOver = code === 4001 || code === 1008
  if (isOver) return new AuthenticationError(reason || 'The token is not good any more', { code: 'unauthenticated' })
  if (code === 1000 && refusal !== null) return refusal
  if (code === 1001) return new NetworkError(reason || 'The relay is restarting', { code: 'restarting' })
  return new NetworkError(`The connection ended${reason ? `: ${reason}` : ''} (${code})`, { code: 'network' })
}

async function overEventStream (link) {
  const token = await link.takeToken()
  const wires = () => [...link.positions].map(([topic, position]) => [topic, position.wire])
  // One word holds for all topics without a cursor.
  if (wires().some(([, wire]) => wire === undefined) && wires().some(([, wire]) => wire === 'earliest')) await link.locate()
  const known = wires().filter(([, wire]) => wire !== undefined && wire !== 'earliest')
  const query = new URLSearchParams({ topics: link.topics.join(), epochs: '1' })
  if (wires().some(([, wire]) => wire === 'earliest')) query.set('offset', 'earliest')
  const headers = { accept: 'text/event-stream' }
  if (known.length) headers['last-event-id'] = known.map(([topic, wire]) => `${topic}:${wire}`).join()
  link.watchdog.wind(link.timing.open, 'The event stream does not open')
  const answer = await link.http.open('GET', `/sse?${query}`, { token, headers }, link.signal)
  const isStream = answer.body && /^text\/event-stream\b/.test(answer.headers.get('content-type'))
  if (!isStream) throw new NetworkError('The answer is no event stream', { code: 'network' })

  const parser = new EventStreamParser()
  const decoder = new TextDecoder()
  const reader = answer.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw new NetworkError('The event stream ended', { code: 'network' })
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        takeEvent(link, event)
        if (!link.isFull) continue
        link.watchdog.stop()
        await link.room()
      }
      if (link.opened) link.watchdog.wind(2 * link.timing.quiet, 'The event stream is silent')
    }
  } catch (error) {
    throw error instanceof Interruption || !(error instanceof Error) ? error : named(error, link.signal)
  } finally {
    reader.cancel().catch(() => {})
  }
}

function takeEvent (link, { id, event, data }) {
  const cursors = id === undefined ? [] : cursorsOf(id, link.topics)
  if (data === undefined) {
    for (const [topic, cursor] of cursors) link.begin(topic, cursor)
    if (cursors.length) link.open()
    return
  }
  const frame = jsonOf(data)
  if (event === 'message') {
    const cursor = cursors.find(([topic]) => topic === frame.topic)?.[1] ?? ''
    link.message(frame, cursor.includes('@') ? cursor.split('@')[0] : null, data.length)
  }
  if (event === 'gap') link.gap(frame, frame.topic)
  if (event !== 'error') return
  if (frame.code === 'AUTH_ERROR') throw new AuthenticationError(frame.message, { code: 'unauthenticated', detail: frame.message })
  throw new Interruption('again')
}

async function overLongPoll (link) {
  await link.takeToken()
  await link.locate()
  for (;;) {
    const began = performance.now()
    const since = Object.fromEntries([...link.positions].map(([topic, { wire }]) => [topic, wire]))
    // The first one is short, to see whether polls pass at all.
    const wait = link.opened ? link.timing.poll : 1000
    const json = { topics: link.topics, since, timeout: wait / 1000 }
    const request = { json, signal: link.signal, timeout: wait + link.timing.open }
    const { body, size } = await link.authorized('POST', '/messages/poll', request)
    const { messages, gaps = {}, epochs = {} } = body
    for (const [topic, gap] of Object.entries(gaps)) link.gap(gap, topic)
    link.open()
    for (const message of messages) {
      link.message(message, epochs[message.topic], size / messages.length)
      if (link.isFull) await link.room()
    }
    // A relay that stops, or has no such topic any more, answers at once.
    if (messages.length === 0 && performance.now() - began < Math.min(500, wait / 2)) await pause(500, link.signal)
  }
}

/** What decides, for the tests. */
export const parts = Object.freeze({
  Backoff, EventStreamParser, Http, Position, Session, SessionOffer, TextCutter, TransportLadder, cursorsOf, fromBase64, measured, retryAfter,
  toBase64
})
