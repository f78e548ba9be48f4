// Who uses the page, for the relay: a login or a token, kept for as long as the window is open.

const place = 'pulsar-relay-example'

export class Session {
  constructor ({ token = null, refreshToken = null, username = null } = {}) {
    Object.assign(this, { token, refreshToken, username })
  }

  /** What this window was used with before, or the one that has opened it. */
  static get kept () {
    const text = sessionStorage.getItem(place)
    return text ? new Session(JSON.parse(text)) : null
  }

  /** Throws an error that can be shown. */
  static async login (username, password) {
    const reply = await ask('POST', 'auth/login', { body: new URLSearchParams({ username, password }) })
    return new Session({ token: reply.access_token, refreshToken: reply.refresh_token, username })
  }

  keep () { sessionStorage.setItem(place, JSON.stringify(this)) }

  static forget () { sessionStorage.removeItem(place) }

  /** Whether the token is still good, or another could be had for it. */
  async isGood () {
    if (!this.token) return true
    if ((await this.status('auth/me')) !== 401) return true
    if (!this.refreshToken) return false
    try {
      const body = JSON.stringify({ refresh_token: this.refreshToken })
      const reply = await ask('POST', 'auth/token/refresh', { body, headers: { 'content-type': 'application/json' } })
      this.token = reply.access_token
      this.refreshToken = reply.refresh_token
      this.keep()
      return true
    } catch {
      return false
    }
  }

  async status (path) {
    const reply = await fetch(path, { headers: this.token ? { authorization: `Bearer ${this.token}` } : {} })
    return reply.status
  }
}

async function ask (method, path, options) {
  const reply = await fetch(path, { method, ...options })
  const body = await reply.json().catch(() => ({}))
  if (!reply.ok) throw new Error(typeof body.detail === 'string' ? body.detail : `The relay answered ${reply.status}`)
  return body
}
