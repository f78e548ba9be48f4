// One editing session: who is in it, the ways that its peers take, its locks, and what may be changed about it.

import { api, part } from './api.mjs'
import {
  badge, button, card, confirmThat, el, empty, facts, failed, field, head, loading, openDialog, openForm, rehead, say, secret, select, table
} from './components.mjs'
import { stateKinds, wayName } from './editing.mjs'
import { bytes, moment } from './format.mjs'
import { topicAddress } from './topics.mjs'

const pause = 3000

export function open ({ view, signal, name }) {
  const page = new MeetingPage(view, signal, name)
  page.begin()
}

class MeetingPage {
  #shown = ''
  #timer = null

  constructor (view, signal, name) {
    this.signal = signal
    this.path = `v1/sessions/${part(name)}`
    this.title = el('div', {}, head(name))
    this.notice = el('div')
    this.about = el('div.body', {}, loading())
    ;[this.peers, this.ways, this.locks] = [1, 2, 3].map(() => el('div', {}, loading()))
    view.append(el('p.crumbs', {}, el('a', { href: '#/sessions' }, 'Editing sessions')), this.title, this.notice, card('Peers', this.peers),
      card('Ways between peers', this.ways), card('Locks', this.locks), card('About', this.about))
    signal.addEventListener('abort', () => clearInterval(this.#timer))
  }

  begin () {
    this.#timer = setInterval(() => this.#load(), pause)
    this.#load()
  }

  #load = async () => {
    try {
      const parts = ['', '/paths', '/locks'].map(rest => api.get(this.path + rest, { signal: this.signal }))
      const [session, { paths, nat_types: nats = {} }, { locks }] = await Promise.all(parts)
      // What is as it was stays, and with it where the focus is.
      const text = JSON.stringify([session, paths, locks, nats])
      if (this.signal.aborted || text === this.#shown) return
      this.#shown = text
      this.#show(session, paths, locks, new Map(Object.entries(nats)))
    } catch (error) {
      if (!this.signal.aborted) this.#failed(error)
    }
  }

  #failed (error) {
    clearInterval(this.#timer)
    this.notice.replaceChildren(failed(error, () => { this.notice.replaceChildren(); this.begin() }))
    if (this.#shown) return
    for (const place of [this.peers, this.ways, this.locks]) place.replaceChildren(note('Not known.'))
    this.about.replaceChildren(el('p.dim', {}, 'Not known.'))
  }

  #show (session, paths, locks, nats) {
    const isOpen = ['created', 'active'].includes(session.state)
    const name = typeof session.metadata?.title === 'string' && session.metadata.title ? session.metadata.title : session.id
    const actions = isOpen
      ? [button('Invite', () => invite(this.path), { id: 'invite' }), button('Close session', () => this.#close(), { kind: 'danger' })]
      : []
    rehead(this.title, head(name, [badge(session.state, stateKinds[session.state])], actions))
    this.about.replaceChildren(factsOf(session))
    const { participants } = session
    this.peers.replaceChildren(participants.length ? this.#peerTable(participants, isOpen, nats) : empty('Nobody is here', 'No peer has joined.'))
    this.ways.replaceChildren(paths.length ? wayTable(paths) : note('No peer has told of a way to another, and the relay carries nothing.'))
    this.locks.replaceChildren(locks.length ? lockTable(locks) : note('Nothing is locked.'))
  }

  #peerTable (participants, isOpen, nats) {
    return table('Peers', ['Peer', 'Role', 'May', 'NAT', 'Seen', ''], participants.map(peer => [
      el('span.wrap', {}, peer.peer_id, typeof peer.profile?.name === 'string' && el('span.dim', {}, ` ${peer.profile.name}`)),
      el('span.row', {}, badge(peer.role, peer.role === 'host' ? 'accent' : ''), peer.key && badge('own key', 'good')),
      el('span.dim.small', {}, peer.capabilities.join(', ')),
      el('span.small', {}, nats.get(peer.peer_id)?.replaceAll('_', ' ') ?? '–'),
      el('span.row', {}, peer.connected ? [el('span.dot.good'), 'here'] : [el('span.dot.warn'), 'away'], el('span.dim', {}, moment(peer.last_seen))),
      isOpen && peer.role !== 'host' ? this.#peerActions(peer) : ''
    ]))
  }

  #peerActions (peer) {
    return el('span.tools', {},
      button('Role', () => changeRole(this.path, peer, this.#load), { kind: 'quiet', 'aria-label': `Change the role of ${peer.peer_id}` }),
      button('Put out', () => kick(this.path, peer, this.#load), { kind: 'quiet danger', 'aria-label': `Put out ${peer.peer_id}` }))
  }

  #close () {
    const text = 'Its peers have 5 s, then it is closed. Its topics and messages go a minute later.'
    confirmThat('Close this session?', text, 'Close it', async () => {
      await api.post(`${this.path}/close`)
      say('The session closes.')
      await this.#load()
    })
  }
}

const note = text => el('p.body.dim', {}, text)

const factsOf = session => facts([
  ['Id', el('code', {}, session.id)], ['Host', session.host_peer_id ?? `${session.host_id} (not there)`],
  ['Without a host', session.host_policy], ['Invites are for', session.default_invite_role],
  ['Created', moment(session.created_at)], ['Ends', moment(session.expires_at)],
  session.close_reason && ['Closed because', session.close_reason.replaceAll('_', ' ')], ['Revision', String(session.revision)],
  ['Messages', el('a', { href: topicAddress(`session/${session.id}`) }, `session/${session.id}`)],
  ['Metadata', el('pre', {}, JSON.stringify(session.metadata, null, 2))]
])

const wayTable = paths => table('Ways between peers', ['Peers', 'Way', 'Since', 'Round trip', 'Bytes there, and back'], paths.map(path => [
  el('span.wrap', {}, path.peers.join(' – ')), wayOf(path), moment(path.since), typeof path.rtt_ms === 'number' ? `${path.rtt_ms} ms` : '–',
  el('ul', {}, (path.usage ?? []).map(usageOf))
]))

function wayOf ({ mode, reason }) {
  const mark = mode ? badge(wayName(mode), mode.startsWith('direct') ? 'good' : 'accent') : badge('none', 'warn')
  return el('span.row', {}, mark, el('span.dim.small', {}, reason ?? ''))
}

const usageOf = ({ mode, bytes: [there, back], verified }) => el('li', {}, `${wayName(mode)}: ${bytes(there)}, ${bytes(back)} `,
  el('span.dim.small', {}, verified ? 'counted by the relay' : 'told by the peers'))

const lockTable = locks => table('Locks', ['Element', 'Peer', 'Fence', 'Ends'], locks.map(lock => [
  el('span.wrap', {}, lock.element_id), el('span.wrap', {}, lock.peer_id), String(lock.fence), moment(lock.expires_at)
]))

function invite (path) {
  openForm('Invite', [
    field('Role', select('role', [['editor', 'editor'], ['observer', 'observer']], 'editor')),
    field('Uses', el('input', { name: 'uses', type: 'number', min: 1, max: 10000, value: 1, required: true })),
    field('Good for', select('expires_in', [['900', '15 minutes'], ['3600', 'an hour'], ['86400', 'a day']], '900'))
  ], {
    submit: 'Make the invite',
    run: async data => {
      const wanted = { role: data.get('role'), uses: Number(data.get('uses')), expires_in: Number(data.get('expires_in')) }
      const { jti, token } = await api.post(`${path}/invites`, wanted)
      const text = 'Whoever has this token may join. It is shown only now.'
      const withdraw = button('Withdraw it', () => withdrawn(path, jti, dialog), { kind: 'danger' })
      const dialog = openDialog('The invite is there', el('div.stack', {}, el('p', {}, text), secret(token)), { actions: [withdraw] })
    }
  })
}

async function withdrawn (path, jti, dialog) {
  try {
    await api.delete(`${path}/invites/${part(jti)}`)
    dialog.close()
    say('The invite is worth nothing now.')
  } catch (error) {
    dialog.querySelector('.end').before(el('p.failure', { role: 'alert' }, error.message))
  }
}

function changeRole (path, peer, done) {
  const roles = select('role', [['editor', 'editor'], ['observer', 'observer'], ['host', 'host']], peer.role)
  openForm(`Role of ${peer.peer_id}`, [field('Role', roles, 'A new host makes the old one an editor.')], {
    submit: 'Save',
    run: async data => {
      await api.post(`${path}/participants/${part(peer.peer_id)}/role`, { role: data.get('role') })
      await done()
    }
  })
}

function kick (path, peer, done) {
  const text = 'Its ticket, and the invite that brought it in, are worth nothing any more.'
  openForm(`Put ${peer.peer_id} out?`, [el('p', {}, text), field('Reason', el('input', { name: 'reason', maxlength: 200, autocomplete: 'off' }))], {
    submit: 'Put out',
    danger: true,
    run: async data => {
      await api.post(`${path}/kick`, { target_peer_id: peer.peer_id, reason: data.get('reason') || undefined })
      await done()
    }
  })
}
