// Sign-ins, as a table: the refresh tokens by which programs go on getting access tokens.

import { api } from './api.mjs'
import { badge, button, el, empty, table } from './components.mjs'
import { moment } from './format.mjs'

/** `revoke(jti)` is called for one that is to end; `of` says whose they are, for screen readers. */
export function signInTable (tokens, { revoke, of = '' }) {
  if (tokens.length === 0) return empty('No sign-ins', 'No refresh token of this account is live.')
  const newestFirst = [...tokens].sort((left, right) => left.issued_at < right.issued_at ? 1 : -1)
  return table(`Sign-ins${of && ' of ' + of}`, ['Sign-in', 'How', 'Issued', 'Last used', 'Ends', ''], newestFirst.map(token => cells(token, revoke)))
}

function cells ({ jti, client_hint: hint, issued_at: issued, last_used_at: used, expires_at: ends }, revoke) {
  const isOwn = jti === api.ownSession
  const name = jti.slice(0, 8)
  const end = isOwn
    ? button('Sign out', () => api.signOut(), { kind: 'quiet' })
    : button('Revoke', () => revoke(jti), { kind: 'quiet danger', 'aria-label': `Revoke ${name}` })
  const token = el('span.row', {}, el('code', { title: jti }, name), isOwn && badge('this window', 'good'))
  return [token, el('span.wrap', {}, hint ?? '–'), moment(issued), moment(used), moment(ends), end]
}
