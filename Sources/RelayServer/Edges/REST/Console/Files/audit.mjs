// What administrators and owners have done, and who has signed in: the newest first.

import { api } from './api.mjs'
import { badge, button, el, empty, facts, failed, field, head, linkButton, loading, nameField, openDialog, openForm } from './components.mjs'
import { Filters } from './filters.mjs'
import { clock, counted, moment, stamp } from './format.mjs'
import { VirtualList } from './list.mjs'

const actions = [
  ['', 'All acts'], ['user.', 'Users'], ['signin.', 'Sign-ins'], ['topic.', 'Topics'], ['grant.', 'Access'], ['token.', 'Service tokens'],
  ['device.', 'Devices'], ['document.', 'Documents'], ['connection.', 'Connections'], ['config.', 'Configuration'],
  ['webhook.', 'Webhooks'], ['audit.', 'The log itself']
]
const outcomes = [['', 'Any outcome'], ['ok', 'Done'], ['refused', 'Refused'], ['failed', 'Failed']]
const kinds = { ok: 'good', refused: 'warn', failed: 'bad' }

export function open ({ view, signal, name }) {
  const page = new AuditPage(view, signal, name)
  page.load()
}

class AuditPage {
  #rows = []
  #next = null
  #isPaging = false
  // The filters of the rows that are there, or come.
  #asked = ''

  constructor (view, signal, text) {
    this.signal = signal
    view.classList.add('full')
    this.place = el('div.fill', {}, loading())
    this.filters = new Filters({
      page: 'audit',
      text,
      choices: [['action', actions, 'Which acts'], ['outcome', outcomes, 'Which outcome']],
      chips: { user_id: id => `by ${id}`, target: name => `on ${name}`, since: at => `since ${stamp(at)}`, until: at => `until ${stamp(at)}` },
      ask: () => this.#filter(),
      changed: () => this.load()
    })
    view.append(head('Audit log', [], [button('Read again', () => this.load(), { id: 'again' })]), this.filters.node, this.place)
    this.list = new VirtualList({
      label: 'Audit log, the newest first',
      kind: 'audit-list',
      columns: [
        { title: 'Time' }, { title: 'Act' }, { title: 'By', wide: true }, { title: 'From', wide: true }, { title: 'On', wide: true }, { title: 'Outcome' }
      ],
      key: entry => entry.id,
      cells: entry => this.#cells(entry),
      nearEnd: () => this.#page()
    })
    signal.addEventListener('abort', () => this.list.close())
  }

  #filter () {
    const value = key => this.filters.of(key)
    const time = (text, name) => field(text, el('input', { name, type: 'datetime-local', step: 1, value: local(value(name)) }))
    openForm('Which acts', [
      field('User id', nameField({ name: 'user_id', required: false, value: value('user_id') }), 'Who did it'),
      field('On', nameField({ name: 'target', required: false, value: value('target') }), 'The topic, the user, the session: its name or id'),
      time('Since', 'since'), time('Until', 'until')
    ], {
      submit: 'Show',
      run: async data => this.filters.set({
        user_id: data.get('user_id').trim(), target: data.get('target').trim(), since: universal(data.get('since')), until: universal(data.get('until'))
      })
    })
  }

  async load () {
    const asked = this.filters.text
    if (this.#rows.length === 0 || asked !== this.#asked) this.place.replaceChildren(loading())
    this.#asked = asked
    this.#isPaging = false
    try {
      const { entries, next } = await this.#ask('')
      if (asked !== this.#asked) return
      this.#rows = entries
      this.#next = next
      this.#render()
    } catch (error) {
      if (!this.signal.aborted && asked === this.#asked) this.place.replaceChildren(failed(error, () => this.load()))
    }
  }

  #ask (cursor) {
    const query = new URLSearchParams(this.#asked)
    query.set('limit', '200')
    if (cursor) query.set('cursor', cursor)
    return api.get(`api/v1/admin/audit?${query}`, { signal: this.signal, isPage: true })
  }

  async #page () {
    if (!this.#next || this.#isPaging) return
    this.#isPaging = true
    const cursor = this.#next
    try {
      const { entries, next } = await this.#ask(cursor)
      // Others are there by now.
      if (cursor !== this.#next) return
      this.#rows = this.#rows.concat(entries)
      this.#next = next
      this.#isPaging = false
      this.#render()
    } catch (error) {
      if (this.signal.aborted || cursor !== this.#next) return
      const again = button('Try again', () => { this.#isPaging = false; this.#page() }, { kind: 'quiet' })
      this.list.foot.replaceChildren(el('span.failure', {}, `Older ones could not be read: ${error.message}`), again)
    }
  }

  #render () {
    if (this.signal.aborted) return
    if (this.#rows.length === 0) return this.place.replaceChildren(el('div.card', {}, this.#none()))
    if (this.list.node.parentNode !== this.place) this.place.replaceChildren(this.list.node)
    this.list.show(this.#rows)
    const rest = this.#next ? ', older ones come as you scroll' : ', back to the oldest that is kept'
    this.list.foot.textContent = counted(this.#rows.length, 'act') + rest
  }

  #none () {
    if (!this.filters.areSet) return empty('Nothing yet', 'What administrators and owners do, and who signs in, is shown here.')
    return empty('No match', 'No act is as you have asked. Take a filter away, or ask for a longer time.')
  }

  #cells (entry) {
    const { at, action, username, user_id: user, address, target, target_name: name, outcome } = entry
    const open = linkButton(action, () => showEntry(entry))
    const who = username ?? user ?? 'nobody'
    return [
      clock(at), el('div', {}, el('div.clip', {}, open), el('div.clip.dim.small.narrow', {}, `${who}${target ? `: ${name ?? target}` : ''}`)),
      el('div.clip', { title: user ?? '' }, who), el('div.clip.dim', {}, address ?? '–'),
      el('div.clip', { title: target ?? '' }, name ?? target ?? '–'), badge(outcome, kinds[outcome] ?? '')
    ]
  }
}

/** A moment as a field for one has it, and back. */
function local (text) {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) return ''
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

const universal = text => text ? new Date(text).toISOString() : ''

function onWhat ({ target, target_name: name }) {
  return name ? el('span', {}, name, el('code', {}, ` ${target}`)) : target ?? '–'
}

function showEntry (entry) {
  const details = Object.entries(entry.details ?? {})
  openDialog(entry.action, el('div.stack', {},
    facts([
      ['Time', moment(entry.at)], ['By', el('span', {}, entry.username ?? '–', entry.user_id && el('code', {}, ` ${entry.user_id}`))],
      ['From', entry.address ?? '–'], ['On', onWhat(entry)],
      ['Outcome', el('span.row', {}, badge(entry.outcome, kinds[entry.outcome] ?? ''), entry.status === null ? '' : String(entry.status))],
      ['Node', el('code', {}, entry.node)], ['Id', el('code', {}, entry.id)]
    ]),
    details.length ? [el('h3.small.dim', {}, 'Details'), facts(details.map(([name, value]) => [name, String(value)]))] : null
  ), { broad: true })
}
