// Webhooks: servers that are told of what happens in topics. Administrators see everybody's.

import { api, part } from './api.mjs'
import {
  badge, button, card, checkbox, cleared, confirmThat, el, empty, facts, failed, field, head, linkButton, loading, openDialog, openForm, say, searchField,
  secret, select, show
} from './components.mjs'
import { count, counted, day, moment } from './format.mjs'
import { VirtualList } from './list.mjs'

const kinds = [
  ['message', 'Messages'],
  ['joined', 'Peers that join', 'of editing sessions'],
  ['left', 'Peers that leave', 'of editing sessions'],
  ['session', 'What else sessions say of themselves'],
  ['occupied', 'Topics that get a first reader'],
  ['vacated', 'Topics that lose their last reader']
]
const looks = { active: 'good', failing: 'warn', paused: '', dead: 'bad' }

export function open ({ view, signal }) {
  const page = new WebhooksPage(view, signal)
  page.load()
}

class WebhooksPage {
  #webhooks = []

  constructor (view, signal) {
    this.signal = signal
    view.classList.add('full')
    this.search = searchField('webhook-search', 'Search webhooks', () => this.#render())
    this.whose = select('whose', [['', 'Mine'], ['?all=true', 'Everybody’s']], '')
    this.whose.setAttribute('aria-label', 'Whose webhooks')
    this.whose.addEventListener('change', () => this.load())
    this.dead = el('p.failure', { id: 'dead-webhooks', role: 'status' })
    this.place = el('div.fill')
    const make = button('New webhook', () => this.#create(), { kind: 'primary', id: 'new-webhook' })
    const again = button('Read again', () => this.load(), { id: 'refresh-webhooks' })
    const tools = el('div.row', {}, el('div.search', {}, this.search), api.isAdministrator && el('div', {}, this.whose))
    const meaning = 'A webhook tells a server of what happens in topics, by signed requests. It goes on where it stopped.'
    view.append(head('Webhooks', [], [again, make]), el('p.small.dim', {}, meaning), this.dead, tools, this.place)
    this.list = new VirtualList({
      label: 'Webhooks',
      kind: 'webhook-list',
      columns: [
        { title: 'Label' }, { title: 'Topics' }, { title: 'State' }, { title: 'Behind', numeric: true, wide: true },
        { title: 'Last request', wide: true }, { title: 'Made', wide: true }, { title: 'Actions', hidden: true, wide: true }
      ],
      key: webhook => webhook.id,
      cells: webhook => this.#cells(webhook),
      widen: cleared(this.search, () => this.#render())
    })
    signal.addEventListener('abort', () => this.list.close())
  }

  async load () {
    this.place.replaceChildren(loading())
    const whose = this.whose.value
    const webhooks = []
    try {
      for await (const page of api.pages(`api/v1/webhooks${whose}`, this.signal)) {
        if (whose !== this.whose.value) return
        webhooks.push(...page)
        this.#webhooks = webhooks
        this.#render()
      }
    } catch (error) {
      if (!this.signal.aborted && whose === this.whose.value) this.place.replaceChildren(failed(error, () => this.load()))
    }
  }

  #render () {
    if (this.signal.aborted) return
    const dead = this.#webhooks.filter(({ state }) => state === 'dead').length
    const paused = this.#webhooks.filter(webhook => webhook.paused_reason).length
    this.dead.textContent = [
      dead > 0 && `${counted(dead, 'webhook')} dead: nothing is delivered until revived.`,
      paused > 0 && `${counted(paused, 'webhook')} paused by a new password: revive those that are to go on.`
    ].filter(Boolean).join(' ')
    if (this.#webhooks.length === 0) {
      const text = this.whose.value ? 'Nobody has made one.' : 'Make one for a server that is to be told what happens in a topic.'
      return this.place.replaceChildren(el('div.card', {}, empty('No webhooks', text, button('New webhook', () => this.#create()))))
    }
    if (this.list.node.parentNode !== this.place) this.place.replaceChildren(this.list.node)
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const rows = this.#webhooks.filter(webhook => words.every(word => soughtOf(webhook).includes(word)))
    // A webhook's state changes while its row is there.
    this.list.show(rows, true)
    const all = counted(this.#webhooks.length, 'webhook')
    this.list.foot.textContent = rows.length === this.#webhooks.length ? all : `${count(rows.length)} of ${all}`
  }

  #cells (webhook) {
    const name = nameOf(webhook)
    const isMine = webhook.user_id === api.user.user_id
    return [
      el('div', {}, el('div.clip', {}, linkButton(name, () => this.#show(webhook), { title: webhook.url })),
        el('div.clip.dim.small', {}, isMine ? webhook.label ? webhook.url : webhook.events.join(', ') : `of ${webhook.user_id}`)),
      el('div.clip.mono.small', { title: reachOf(webhook) }, reachOf(webhook)),
      badge(webhook.state, looks[webhook.state]),
      el('span', {}, count(webhook.lag)),
      el('div.clip.dim', { title: webhook.last_outcome ?? '' }, webhook.last_outcome ?? '–'),
      el('span.dim', {}, day(webhook.created_at)),
      el('div.tools', {}, this.#actions(webhook, 'quiet'))
    ]
  }

  /** What may be done with one. `done` is called before. */
  #actions (webhook, kind, done = () => {}) {
    const name = nameOf(webhook)
    const change = (title, what, text) =>
      button(title, () => { done(); this.#change(webhook, what, text) }, { kind, 'aria-label': `${title} ${name}` })
    const isStopped = ['paused', 'dead'].includes(webhook.state)
    return [
      isStopped ? change('Revive', 'revive', 'It goes on.') : change('Pause', 'pause', 'It is paused.'),
      button('Delete', () => { done(); this.#delete(webhook, name) }, { kind: `${kind} danger`.trim(), 'aria-label': `Delete ${name}` })
    ]
  }

  async #change (webhook, what, done) {
    try {
      const changed = await api.post(`api/v1/webhooks/${part(webhook.id)}/${what}`)
      this.#webhooks = this.#webhooks.map(one => one.id === changed.id ? changed : one)
      this.#render()
      say(done)
    } catch (error) {
      say(error.message)
    }
  }

  #show (webhook) {
    const dialog = openDialog(nameOf(webhook), facts([
      ['State', badge(webhook.state, looks[webhook.state])],
      webhook.dead_reason && ['Why', webhook.dead_reason],
      webhook.paused_reason && ['Why', webhook.paused_reason],
      webhook.dead_since && ['Dead since', moment(webhook.dead_since)],
      webhook.failing_since && ['Failing since', moment(webhook.failing_since)],
      ['URL', el('span.mono', {}, webhook.url)],
      ['Topics', el('span.mono', {}, reachOf(webhook))],
      ['Events', webhook.events.join(', ')],
      ['Behind', counted(webhook.lag, 'message')],
      webhook.topics_left_out > 0 && ['Left out', counted(webhook.topics_left_out, 'topic')],
      webhook.last_outcome && ['Last request', `${webhook.last_outcome}`],
      webhook.last_outcome_at && ['It was', moment(webhook.last_outcome_at)],
      ['Made', moment(webhook.created_at)],
      ['Of', el('span.mono', {}, webhook.user_id)]
    ]), { actions: this.#actions(webhook, '', () => dialog.close()) })
  }

  #delete (webhook, name) {
    confirmThat(`Delete ${name}?`, 'Its receiver is told nothing more, and its place is forgotten.', 'Delete', async () => {
      await api.delete(`api/v1/webhooks/${part(webhook.id)}`).catch(error => { if (error.status !== 404) throw error })
      this.#webhooks = this.#webhooks.filter(({ id }) => id !== webhook.id)
      this.#render()
      say('The webhook is deleted.')
    })
  }

  #create () {
    create(webhook => {
      this.#webhooks = [...this.#webhooks, webhook]
      this.#render()
    })
  }
}

/** Asks for a new webhook. `done` gets it. */
function create (done, topic = '') {
  const name = el('input.mono', { name: 'name', required: true, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', value: topic })
  openForm('New webhook', [
    field('URL', el('input.mono', { name: 'url', type: 'url', required: true, maxlength: 2048, autocomplete: 'off', spellcheck: 'false' })),
    field('Topics', select('reach', [['topic', 'One topic'], ['prefix', 'All whose names begin so']], 'topic')),
    field('Name', name),
    el('fieldset', {}, el('legend', {}, 'Events'), kinds.map(([name, text, hint]) => checkbox(name, text, name === 'message', hint))),
    field('Label', el('input', { name: 'label', maxlength: 200, autocomplete: 'off' }), 'What you call it')
  ], {
    submit: 'Make the webhook',
    run: async data => {
      const { secret: text, ...webhook } = await api.post('api/v1/webhooks', wanted(data))
      done(webhook)
      const meaning = 'By this secret the server knows that a request is the relay’s. It is shown only now.'
      openDialog('The webhook is there', el('div.stack', {}, el('p', {}, meaning), secret(text)))
    }
  })
}

/** The webhooks that tell of one topic: the visitor's own, and for administrators everybody's. */
export function webhooksCard (topic, signal) {
  const body = el('div.body', { id: 'topic-webhooks' })
  const tells = webhook => webhook.topic === topic || (webhook.prefix !== null && topic.startsWith(webhook.prefix))
  const row = webhook => el('li.row', {}, el('span.clip', { title: webhook.url }, nameOf(webhook)), badge(webhook.state, looks[webhook.state]),
    webhook.lag > 0 && el('span.dim.small', {}, `${counted(webhook.lag, 'message')} behind`))
  const load = () => show(body, async () => {
    const told = (await api.list(`api/v1/webhooks${api.isAdministrator ? '?all=true' : ''}`, signal)).filter(tells)
    if (told.length === 0) return el('p.dim', {}, 'No server is told of this topic.')
    return el('div.stack', {}, el('ul.stack', {}, told.map(row)), el('a.small', { href: '#/webhooks' }, 'Manage webhooks'))
  })
  load()
  return card('Webhooks', body, button('New webhook', () => create(load, topic), { kind: 'quiet' }))
}

function wanted (data) {
  const events = kinds.map(([name]) => name).filter(name => data.has(name))
  if (events.length === 0) throw new Error('Choose an event')
  return { url: data.get('url').trim(), [data.get('reach')]: data.get('name').trim(), events, label: data.get('label').trim() || null }
}

const nameOf = webhook => webhook.label ?? webhook.url.replace(/^https?:\/\//, '')

const reachOf = ({ topic, prefix }) => topic ?? `${prefix}…`

const soughtOf = webhook =>
  [webhook.label ?? '', webhook.id, webhook.user_id, webhook.url, webhook.state, reachOf(webhook), ...webhook.events].join(' ').toLowerCase()
