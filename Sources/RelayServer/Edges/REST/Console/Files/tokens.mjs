// Service tokens: what an account hands to programs, so that they act for it on some topics. Administrators see everybody's.

import { api, part } from './api.mjs'
import {
  badge, button, cleared, confirmThat, el, empty, facts, failed, field, head, linkButton, loading, nameField, openDialog, openForm, say, searchField,
  secret, select
} from './components.mjs'
import { count, counted, day, moment } from './format.mjs'
import { VirtualList } from './list.mjs'

const lives = [['', 'as the relay has it'], ['3600', 'an hour'], ['86400', 'a day'], ['604800', 'a week'], ['2592000', '30 days'], ['31536000', 'a year']]
const allowed = [['read', 'read'], ['read,write', 'read and publish']]

export function open ({ view, signal }) {
  const page = new TokensPage(view, signal)
  page.load()
}

class TokensPage {
  #tokens = []
  /** Seconds that the relay lets a token live. */
  #longest = Infinity

  constructor (view, signal) {
    this.signal = signal
    view.classList.add('full')
    this.search = searchField('token-search', 'Search tokens', () => this.#render())
    this.whose = select('whose', [['', 'Mine'], ['?all=true', 'Everybody’s']], '')
    this.whose.setAttribute('aria-label', 'Whose tokens')
    this.whose.addEventListener('change', () => this.load())
    this.place = el('div.fill')
    const make = button('New token', () => this.#create(), { kind: 'primary', id: 'new-token' })
    const tools = el('div.row', {}, el('div.search', {}, this.search), api.isAdministrator && el('div', {}, this.whose))
    const meaning = 'A service token acts for who made it, on its topics alone: it opens WebSockets, event streams, polls and documents.'
    view.append(head('Service tokens', [], [make]), el('p.small.dim', {}, meaning), tools, this.place)
    this.list = new VirtualList({
      label: 'Service tokens',
      kind: 'token-list',
      columns: [
        { title: 'Label' }, { title: 'Topics' }, { title: 'May', wide: true }, { title: 'Peer', wide: true }, { title: 'Made', wide: true },
        { title: 'Ends', wide: true }, { title: 'Actions', hidden: true }
      ],
      key: token => token.id,
      cells: token => this.#cells(token),
      widen: cleared(this.search, () => this.#render())
    })
    signal.addEventListener('abort', () => this.list.close())
  }

  async load () {
    this.place.replaceChildren(loading())
    const whose = this.whose.value
    const tokens = []
    try {
      for await (const page of api.pages(`auth/tokens${whose}`, this.signal)) {
        if (whose !== this.whose.value) return
        tokens.push(...page)
        this.#longest = Number(page.headers.get('x-max-expires-in')) || Infinity
        this.#tokens = tokens
        this.#render()
      }
    } catch (error) {
      if (!this.signal.aborted && whose === this.whose.value) this.place.replaceChildren(failed(error, () => this.load()))
    }
  }

  #render () {
    if (this.signal.aborted) return
    if (this.#tokens.length === 0) {
      const text = this.whose.value ? 'Nobody has made one.' : 'Make one for a program that is to read or publish in your name.'
      return this.place.replaceChildren(el('div.card', {}, empty('No service tokens', text, button('New token', () => this.#create()))))
    }
    if (this.list.node.parentNode !== this.place) this.place.replaceChildren(this.list.node)
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const rows = this.#tokens.filter(token => words.every(word => soughtOf(token).includes(word)))
    this.list.show(rows)
    const all = counted(this.#tokens.length, 'token')
    this.list.foot.textContent = rows.length === this.#tokens.length ? all : `${count(rows.length)} of ${all}`
  }

  #cells (token) {
    const name = token.label ?? token.id.slice(0, 8)
    const isMine = token.user_id === api.user.user_id
    const revoke = button('Revoke', () => this.#revoke(token, name), { kind: 'quiet danger', 'aria-label': `Revoke ${name}` })
    return [
      el('div', {}, el('div.clip', {}, linkButton(name, () => showToken(token, name))), el('div.clip.dim.small', {}, isMine ? '' : `of ${token.user_id}`),
        el('div.clip.dim.small.narrow', {}, 'ends ', day(token.expires_at))),
      el('div.clip.mono.small', { title: reachOf(token).join('\n') }, reachOf(token).join(', ')),
      el('div.row', {}, token.permissions.map(name => badge(name))),
      el('div.clip.dim', { title: token.peer_id ?? '' }, token.peer_id ?? '–'),
      el('span.dim', {}, moment(token.created_at)), moment(token.expires_at), el('div.tools', {}, revoke)
    ]
  }

  #revoke (token, name) {
    confirmThat(`Revoke ${name}?`, 'Whoever uses it is cut off at once.', 'Revoke', async () => {
      // One that has ended meanwhile is what was wanted.
      await api.delete(`auth/tokens/${part(token.id)}`).catch(error => { if (error.status !== 404) throw error })
      this.#tokens = this.#tokens.filter(({ id }) => id !== token.id)
      this.#render()
      say('The token is revoked.')
    })
  }

  #create () {
    openForm('New service token', [
      field('Label', el('input', { name: 'label', maxlength: 200, autocomplete: 'off' }), 'What you call it'),
      field('Topics', el('textarea.mono', { name: 'topics', rows: 3, spellcheck: 'false' }), 'One name a line; document/notes for a document'),
      field('Prefixes', el('textarea.mono', { name: 'prefixes', rows: 2, spellcheck: 'false' }), 'One a line: all topics whose names begin so'),
      field('May', select('permissions', allowed, 'read')),
      field('Peer id', nameField({ name: 'peer_id', required: false, maxlength: 128 }),
        'Who it is among the peers of a topic; left empty, nobody in particular'),
      field('Good for', select('expires_in', lives.filter(([seconds]) => Number(seconds) <= this.#longest), ''))
    ], {
      submit: 'Make the token',
      run: async data => {
        const { token, ...facts } = await api.post('auth/tokens', wanted(data))
        this.#tokens = [...this.#tokens, facts]
        this.#render()
        const text = 'Whoever has this token may do what it says. It is shown only now.'
        const end = el('p.small.dim', {}, 'It ends ', moment(facts.expires_at), '.')
        openDialog('The token is there', el('div.stack', {}, el('p', {}, text), secret(token), end))
      }
    })
  }
}

function showToken (token, name) {
  openDialog(name, facts([
    ['Topics', el('ul.mono', {}, reachOf(token).map(text => el('li.wrap', {}, text)))],
    ['May', el('span.row', {}, token.permissions.map(permission => badge(permission)))],
    ['Peer', token.peer_id ?? '–'], ['Made', moment(token.created_at)], ['Ends', moment(token.expires_at)],
    ['Of', el('code', {}, token.user_id)], ['Id', el('code', {}, token.id)]
  ]))
}

const lines = text => text.split('\n').map(line => line.trim()).filter(Boolean)

function wanted (data) {
  const [topics, prefixes] = ['topics', 'prefixes'].map(name => lines(data.get(name)))
  if (topics.length + prefixes.length === 0) throw new Error('Name a topic or a prefix')
  return {
    label: data.get('label').trim() || null,
    topics,
    prefixes,
    permissions: data.get('permissions').split(','),
    peer_id: data.get('peer_id').trim() || null,
    expires_in: data.get('expires_in') ? Number(data.get('expires_in')) : null
  }
}

const reachOf = ({ topics, prefixes }) => [...topics, ...prefixes.map(prefix => `${prefix}…`)]

const soughtOf = token => [token.label ?? '', token.id, token.user_id, token.peer_id ?? '', ...token.topics, ...token.prefixes].join(' ').toLowerCase()
