// The ways to sign in beside a password: providers of OpenID Connect, and another device on which somebody is signed in, or has a password
// at hand.

import { api } from './api.mjs'
import { button, el, openDialog } from './components.mjs'

const grant = 'urn:ietf:params:oauth:grant-type:device_code'
const hint = 'console'
const root = new URL('../', import.meta.url)

/** `enter` is called once somebody is signed in. */
export async function showWays (place, enter) {
  const failure = el('p.failure', { role: 'alert', id: 'way-failure' })
  const device = button('Sign in by another device', () => byDevice(enter, failure), { id: 'by-device' })
  place.replaceChildren(el('p.or', { 'aria-hidden': 'true' }, 'or'), device, failure)
  comesBack(enter, failure)
  // None where the relay has no providers, or can't be asked: then a password does.
  const providers = await api.ask('GET', 'auth/oidc/providers').catch(() => [])
  if (Array.isArray(providers)) device.before(...providers.map(link).filter(Boolean))
}

// A provider

function link ({ name, display_name: text, login_url: path }) {
  const address = new URL(String(path).replace(/^\/+/, ''), root)
  if (address.origin !== root.origin) return null
  address.searchParams.set('next', new URL('console', root).pathname)
  return el('a.button', { href: address.href, 'data-provider': name }, `Sign in with ${text ?? name}`)
}

/** A browser that comes back from a provider brings a code, which is good once, and for this browser alone: its cookie goes with it. */
async function comesBack (enter, failure) {
  const code = /^#sign_in=(.+)$/.exec(location.hash)?.[1]
  if (!code) return
  history.replaceState(null, '', location.pathname)
  try {
    await api.adopt(await api.ask('POST', 'auth/oidc/token', { form: { code: decodeURIComponent(code) }, credentials: 'same-origin' }))
    enter()
  } catch (error) {
    failure.textContent = `The sign-in did not work: ${error.message}`
  }
}

// Another device

/** Shows a code, and waits until somebody has let it in at the page for that. */
async function byDevice (enter, failure) {
  failure.textContent = ''
  let device
  try {
    device = await api.ask('POST', 'auth/device/code', { form: { client_hint: hint } })
  } catch (error) {
    failure.textContent = error.detail?.error === 'device_authorization_unavailable' ? 'This relay lets nobody in this way.' : error.message
    return
  }
  const state = el('p.dim', { role: 'status' }, 'Waiting…')
  const page = el('a', { href: device.verification_uri_complete, target: '_blank', rel: 'noopener noreferrer', id: 'approval' }, device.verification_uri)
  const dialog = openDialog('Sign in by another device', el('div.stack', {},
    el('p', {}, 'Open ', page, ' on any device, and give this code:'),
    el('p.code', { id: 'user-code' }, device.user_code), state))
  const closed = new AbortController()
  dialog.addEventListener('close', () => closed.abort())
  try {
    const answer = await answered(device, closed.signal)
    if (!answer) return withdraw(device)
    await api.adopt(answer)
    dialog.close()
    enter()
  } catch (error) {
    state.textContent = error.message
    state.className = 'failure'
  }
}

/** Tokens; null where the dialog was closed before. */
async function answered (device, signal) {
  let seconds = device.interval
  const end = Date.now() + device.expires_in * 1000
  while (Date.now() < end) {
    await pause(seconds * 1000, signal)
    if (signal.aborted) return null
    try {
      return await api.ask('POST', 'auth/device/token', { form: { grant_type: grant, device_code: device.device_code } })
    } catch (error) {
      const code = error.detail?.error
      if (code === 'slow_down') seconds += 5
      else if (code === 'access_denied') throw new Error('Somebody has sent this window away.')
      else if (code === 'expired_token') break
      else if (code !== 'authorization_pending' && error.status !== null && error.status < 500 && error.status !== 429) throw error
    }
  }
  throw new Error('Nobody has let this window in. Begin again.')
}

/** Nobody is to find the code still good. */
const withdraw = device => api.ask('POST', 'auth/device/deny', { form: { user_code: device.user_code } }).catch(() => {})

const pause = (milliseconds, signal) => new Promise(resolve => {
  const timer = setTimeout(resolve, milliseconds)
  signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
})
