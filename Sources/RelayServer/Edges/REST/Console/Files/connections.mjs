// Who is connected, to which relay, and by what; administrators end connections.

import { api, part } from './api.mjs'
import {
  badge, button, confirmThat, el, empty, facts, failed, field, head, linkButton, loading, nameField, openDialog, openForm, say
} from './components.mjs'
import { Filters } from './filters.mjs'
import { bytes, count, counted, moment } from './format.mjs'
import { VirtualList } from './list.mjs'

const kinds = [
  ['', 'All kinds'], ['ws', 'WebSockets'], ['sse', 'Event streams'], ['poll', 'Polls'], ['documents', 'Documents'], ['hocuspocus', 'Hocuspocus'],
  ['rooms', 'Rooms'], ['socketio', 'Socket.IO'], ['pulse', 'Pulse'], ['signaling', 'Signaling'], ['tunnel', 'Tunnels'], ['http', 'HTTP'], ['handshake', 'TLS handshakes'],
  ['node', 'Other relays']
]
const names = Object.fromEntries(kinds)
const most = 5_000

export function open ({ view, signal, name }) {
  const page = new ConnectionsPage(view, signal, name)
  page.load()
}

class ConnectionsPage {
  #rows = []
  #isCut = false
  // Relays that could not be asked.
  #leftOut = new Set()

  constructor (view, signal, text) {
    this.signal = signal
    view.classList.add('full')
    this.place = el('div.fill', {}, loading())
    this.filters = new Filters({
      page: 'connections',
      text,
      choices: [['kind', kinds, 'Which kind']],
      chips: { node: id => `node ${id}`, user_id: id => `user ${id}`, address: text => `address ${text}` },
      ask: () => this.#filter(),
      changed: () => { this.#rows = []; this.load() }
    })
    view.append(head('Connections', [], [button('Read again', () => this.load(), { id: 'again' })]), this.filters.node, this.place)
    this.list = new VirtualList({
      label: 'Connections',
      kind: 'connection-list',
      columns: [
        { title: 'Kind' }, { title: 'User' }, { title: 'Address', wide: true }, { title: 'Topics', numeric: true, wide: true },
        { title: 'Waiting', numeric: true, wide: true }, { title: 'Since', wide: true }, { title: 'Node', wide: true }, { title: 'Actions', hidden: true }
      ],
      key: connection => connection.id,
      cells: connection => this.#cells(connection)
    })
    signal.addEventListener('abort', () => this.list.close())
  }

  #filter () {
    const asked = (text, name) => field(text, nameField({ name, required: false, value: this.filters.of(name) }))
    openForm('Which connections', [asked('User id', 'user_id'), asked('Address', 'address'), asked('Node', 'node')], {
      submit: 'Show', run: async data => this.filters.set(Object.fromEntries([...data].map(([key, text]) => [key, text.trim()])))
    })
  }

  async load () {
    if (this.#rows.length === 0) this.place.replaceChildren(loading())
    const asked = this.filters.text
    const [rows, leftOut] = [[], new Set()]
    let isCut = false
    try {
      for await (const page of api.pages(`api/v1/admin/connections?${asked}`, this.signal, leftOut)) {
        rows.push(...page)
        if (rows.length >= most) { isCut = true; break }
      }
      if (asked !== this.filters.text) return
      this.#rows = rows
      this.#isCut = isCut
      this.#leftOut = leftOut
      this.#render()
    } catch (error) {
      if (!this.signal.aborted && asked === this.filters.text) this.place.replaceChildren(failed(error, () => this.load()))
    }
  }

  #render () {
    if (this.signal.aborted) return
    if (this.#rows.length === 0) return this.place.replaceChildren(el('div.card', {}, this.#none()))
    if (this.list.node.parentNode !== this.place) this.place.replaceChildren(this.list.node)
    this.list.show(this.#rows, true)
    this.list.foot.textContent = `${counted(this.#rows.length, 'connection')}${this.#isCut ? ' and more: ask for a kind, a user or an address' : ''}` +
      (this.#leftOut.size ? `. Without those of relays that could not be asked: ${[...this.#leftOut].join(', ')}` : '')
  }

  #none () {
    const missing = this.#leftOut.size ? ` Relays that could not be asked: ${[...this.#leftOut].join(', ')}.` : ''
    return empty('No connections', `None is as you have asked.${this.filters.areSet ? ' Take a filter away to see others.' : ''}${missing}`)
  }

  #cells (connection) {
    const { user_id: user, username, address, node, encrypted, kind } = connection
    const name = username ?? user
    const alone = () => this.filters.set({ user_id: user })
    const whose = user === null
      ? el('span.dim', {}, 'nobody')
      : button(name, alone, { kind: 'link other', title: user, 'aria-label': `Show those of the user ${name} alone` })
    return [
      el('span.row', {}, linkButton(names[kind] ?? kind, () => showConnection(connection)), encrypted && badge('TLS', 'good')),
      el('div', {}, el(username ? 'div.clip' : 'div.clip.mono', {}, whose), el('div.clip.dim.small.narrow', {}, address ?? '')),
      address ?? '–', count(connection.topics), bytes(connection.queued_bytes), moment(connection.since),
      el('div.clip', { title: node }, el('code', {}, node)),
      el('div.tools', {}, button('End', () => this.#end(connection), { kind: 'quiet danger', 'aria-label': `End the connection ${connection.id}` }))
    ]
  }

  #end (connection) {
    const text = 'It is closed at once. Whoever has it may come back: to keep somebody out, change the account or its tokens.'
    confirmThat(`End this connection?`, text, 'End it', async () => {
      // One that has ended meanwhile is what was wanted.
      await api.delete(`api/v1/admin/connections/${part(connection.id)}`).catch(error => { if (error.status !== 404) throw error })
      this.#rows = this.#rows.filter(({ id }) => id !== connection.id)
      this.#render()
      say('The connection is ended.')
    })
  }
}

function showConnection ({ id, kind, encrypted, user_id: user, username, address, topics, queued_bytes: queued, since, node }) {
  const whose = user === null ? 'nobody' : el('span', {}, username ?? '', el('code', {}, ` ${user}`))
  openDialog(names[kind] ?? kind, facts([
    ['User', whose], ['Address', address ?? '–'], ['Encrypted', encrypted ? 'by TLS' : 'no'],
    ['Topics', count(topics)], ['Waiting for it', bytes(queued)], ['Since', moment(since)], ['Node', el('code', {}, node)], ['Id', el('code', {}, id)]
  ]))
}
