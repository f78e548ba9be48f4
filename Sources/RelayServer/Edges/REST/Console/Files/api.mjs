// Everything that the console asks the relay, by its public API: by the browser client, and by requests of its own for what that does not know.
// Tokens are here and nowhere else: in memory, never in an address, a cookie or the browser's storage.

import { PulsarRelay, RelayError } from '../client/pulsar-relay.js'

const root = new URL('../', import.meta.url)
const timeout = 30_000
const signedOut = 'You are signed out.'

class API extends EventTarget {
  #tokens = null
  #relay = new PulsarRelay(root, {
    tokens: { get: () => this.#tokens, set: tokens => { this.#tokens = tokens } },
    // No other window has these.
    lock: (_, act) => act(),
    // Pages of the console connect to their own origin alone.
    WebTransport: null,
    // Whoever looks at a page rather hears soon that the relay is away.
    timing: { retryWithin: 3_000 }
  })

  /** The account that is signed in, as `GET /auth/me` shows it. */
  user = null

  constructor () {
    super()
    this.#relay.addEventListener('logout', ({ detail: { error } }) => { if (error) this.#ended('Your session has ended. Sign in again.') })
  }

  get isAdministrator () { return this.may('admin') }

  may (permission) { return this.user?.permissions.includes(permission) ?? false }

  /** Which of the account's refresh tokens is this window's. */
  get ownSession () { return this.#tokens?.refreshToken?.split('.')[0] ?? null }

  async signIn (username, password) {
    await this.#relay.login(username, password)
    await this.#enter()
  }

  /** Goes on with tokens that the relay has given otherwise than for a password. `answer` is as `POST /auth/login` gives it. */
  async adopt (answer) {
    await this.#relay.adopt(answer)
    await this.#enter()
  }

  /** Ends all that the old password gave, but this window goes on. */
  async changePassword (old, wanted) {
    await this.#relay.adopt(await this.post('auth/password', { old_password: old, new_password: wanted }))
  }

  async #enter () {
    try {
      this.user = await this.#relay.whoami()
    } catch (error) {
      this.#relay.logout().catch(() => {})
      throw error
    }
  }

  /** Ends both tokens, as far as the relay can be reached, and forgets them. `note` is shown where one signs in again. */
  signOut (note = '') {
    this.#relay.logout().catch(() => {})
    this.#ended(note)
  }

  #ended (note) {
    if (!this.user) return
    this.user = null
    this.#relay.close()
    this.dispatchEvent(new CustomEvent('ended', { detail: note }))
  }

  /** For a window that closes: nobody else has its refresh token. */
  abandon () {
    const token = this.#tokens?.refreshToken
    if (!token) return
    const body = JSON.stringify({ refresh_token: token })
    const headers = { 'content-type': 'application/json' }
    fetch(new URL('auth/token/revoke', root), { method: 'POST', body, headers, keepalive: true }).catch(() => {})
  }

  // Messages

  /** See `PulsarRelay` in the browser client. */
  subscribe (topic, options) { return this.#relay.subscribe(topic, options) }

  history (topic, options) { return this.#relay.history(topic, options) }

  publish (topic, payload, options) { return this.#relay.publish(topic, payload, options) }

  /** For what is no request. */
  token () { return this.#relay.token() }

  // Requests

  get (path, options) { return this.#send('GET', path, options) }

  post (path, json, options = {}) { return this.#send('POST', path, { json, ...options }) }

  put (path, json) { return this.#send('PUT', path, { json }) }

  patch (path, json) { return this.#send('PATCH', path, { json }) }

  delete (path) { return this.#send('DELETE', path) }

  async #send (method, path, options = {}) {
    if (!this.user) throw new RelayError(signedOut)
    try {
      return await ask(method, path, { ...options, token: await this.#relay.token() })
    } catch (error) {
      if (error.status === 403 && error.message === 'User is inactive') this.signOut('Your account is not active any more.')
      if (error.status !== 401) throw error
    }
    // The token has ended before its time. What the client asks by itself it asks with another then.
    await this.#relay.whoami().catch(error => {
      if (error.status === 401) this.signOut('Your session has ended. Sign in again.')
      throw error
    })
    return ask(method, path, { ...options, token: await this.#relay.token() })
  }

  /** A list by its pages, each as soon as it is there, with the `headers` of its answer. `leftOut` gets the names of relays whose part of it is missing. */
  async * pages (path, signal = null, leftOut = new Set()) {
    let cursor = ''
    do {
      const query = `${path.includes('?') ? '&' : '?'}limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
      const page = await this.get(path + query, { signal, isPage: true })
      for (const node of page.leftOut) leftOut.add(node)
      yield Object.assign(page.entries, { headers: page.headers })
      cursor = page.next
    } while (cursor)
  }

  async list (path, signal = null) {
    const all = []
    for await (const page of this.pages(path, signal)) all.push(...page)
    return all
  }

  /** Status and text, for what is open to everybody. */
  async open (path) {
    const reply = await reached(path, { signal: AbortSignal.timeout(timeout) })
    return { status: reply.status, text: await reply.text() }
  }

  /** Asks what needs no token. */
  ask (method, path, options) { return ask(method, path, options ?? {}) }
}

export const api = new API()

/** A name as a part of a path. */
export const part = name => encodeURIComponent(name)

export const topicPath = name => `api/v1/topics/${part(name)}`

async function reached (path, options) {
  try {
    return await fetch(new URL(path, root), { credentials: 'omit', cache: 'no-store', ...options })
  } catch (error) {
    if (error.name === 'AbortError') throw error
    throw new RelayError(error.name === 'TimeoutError' ? 'The relay has not answered in time.' : 'The relay can’t be reached.')
  }
}

async function ask (method, path, { json, form, body: bytes, token, signal, isPage, credentials = 'omit' }) {
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  if (json !== undefined) headers['content-type'] = 'application/json'
  const late = AbortSignal.timeout(timeout)
  const body = form ? new URLSearchParams(form) : json === undefined ? bytes : JSON.stringify(json)
  const reply = await reached(path, { method, headers, body, credentials, signal: signal ? AbortSignal.any([signal, late]) : late })
  const answer = reply.status === 204 ? null : await reply.json().catch(() => null)
  if (!reply.ok) throw new RelayError(reason(answer) ?? `The relay answered ${reply.status}.`, { status: reply.status, detail: answer })
  if (!isPage) return answer
  const leftOut = reply.headers.get('x-nodes-left-out')?.split(',').map(name => name.trim()) ?? []
  return { entries: answer, headers: reply.headers, next: reply.headers.get('x-next-cursor'), leftOut }
}

/** What an error's body says, in one line. */
function reason (answer) {
  const detail = answer?.detail ?? answer?.message ?? answer?.error
  if (Array.isArray(detail)) return detail.map(({ loc, msg }) => `${(loc ?? []).slice(1).join('.')}: ${msg}`).join('; ')
  return typeof detail === 'string' ? detail : null
}
