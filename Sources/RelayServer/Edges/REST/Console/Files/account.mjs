// Who is signed in, and what lets others sign in as the same account: its refresh tokens.

import { api, part } from './api.mjs'
import { button, card, confirmThat, el, facts, field, head, openForm, passwordField, permissionBadges, say, show } from './components.mjs'
import { count, moment } from './format.mjs'
import { signInTable } from './signins.mjs'

const meaning = 'A sign-in is a refresh token: a program exchanges it for new access tokens until it ends. ' +
  'An access token that it has already lasts until its own end.'

export function open ({ view, signal }) {
  const me = el('div.body')
  const sessions = el('div', { id: 'tokens' })
  const others = button('Revoke all others', askOthers, { kind: 'danger', disabled: true })
  const change = button('Change password', () => changePassword(load), { id: 'change-password' })
  view.append(head('My account'), card('Account', me, change), card('Sign-ins', sessions, others), el('p.small.dim', {}, meaning))
  const load = () => show(sessions, async () => tokenTable(await api.get('auth/sessions', { signal })))
  show(me, async () => accountFacts(await api.get('auth/me', { signal })))
  load()

  function tokenTable (tokens) {
    others.disabled = !tokens.some(({ jti }) => jti !== api.ownSession)
    return signInTable(tokens, { revoke: ask })
  }

  function ask (jti) {
    confirmThat('Revoke this sign-in?', 'Whoever uses it has to sign in again.', 'Revoke', async () => {
      await revoke(jti)
      say('The sign-in is revoked.')
      await load()
    })
  }

  function askOthers () {
    confirmThat('Revoke all others?', 'Whoever uses them has to sign in again. This window stays signed in.', 'Revoke', async () => {
      for (const { jti } of await api.get('auth/sessions')) if (jti !== api.ownSession) await revoke(jti)
      say('All others are revoked.')
      await load()
    })
  }
}

function changePassword (done) {
  const repeated = passwordField({ name: 'repeated', required: true })
  openForm('Change my password', [
    field('Old password', passwordField({ name: 'old', required: true, minlength: null, autocomplete: 'current-password' })),
    field('New password', passwordField({ required: true }), '8 characters or more'),
    field('New password again', repeated),
    el('p.small.dim', {}, 'All other sign-ins and your service tokens end with the old password. This window stays signed in.')
  ], {
    submit: 'Change it',
    run: async data => {
      if (data.get('password') !== data.get('repeated')) throw new Error('The new password was not written the same way twice')
      await api.changePassword(data.get('old'), data.get('password'))
      say('The password is changed.')
      await done()
    }
  })
}

/** One that has ended meanwhile is what was wanted. */
const revoke = jti => api.delete(`auth/sessions/${part(jti)}`).catch(error => { if (error.status !== 404) throw error })

const accountFacts = user => facts([
  ['Username', user.username], ['Email', user.email ?? '–'], ['Id', el('code', {}, user.user_id)], ['Created', moment(user.created_at)],
  ['Permissions', el('span.row', {}, permissionBadges(user))],
  ['Topics', `${count(user.owned_topics.length)}${user.owned_topics_truncated ? ' or more' : ''}`]
])
