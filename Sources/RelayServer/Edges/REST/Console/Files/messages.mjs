// A topic's messages: those that come, and those before them, a page at a time.

import { api } from './api.mjs'
import { badge, button, cleared, copyButton, el, empty, failed, facts, loading, openDialog, searchField } from './components.mjs'
import { clock, count, moment, payloadText } from './format.mjs'
import { VirtualList } from './list.mjs'

const page = 100
// Beyond these the oldest leave the page. They can be had again by scrolling.
const most = 10_000
// Over so many milliseconds a rate is taken.
const rateSpan = 10_000
// So many characters of a payload are in its row, where the rest would not be seen.
const longest = 400

export class MessageFeed {
  // The newest first. Gaps lie between the messages that they are between.
  #rows = []
  // What has come while the page was scrolled down or paused.
  #waiting = []
  #older = null
  #isPaging = false
  #isPaused = false
  #gaps = 0
  // When the last messages came, while the page follows.
  #came = []
  #followed = null

  constructor (topic, signal) {
    Object.assign(this, { topic, signal })
    this.state = el('span.row.small', { role: 'status', id: 'live-state' })
    this.filter = searchField('message-filter', 'Filter what is loaded', () => this.#render())
    this.pause = button('Pause', () => this.#setPaused(!this.#isPaused), { id: 'pause', 'aria-pressed': 'false' })
    this.arrived = button('', () => { this.list.top = 0; this.#setPaused(false) }, { kind: 'primary pill', id: 'arrived', hidden: true })
    this.place = el('div.fill', {}, loading())
    this.list = new VirtualList({
      label: `Messages of ${topic}, the newest first`,
      kind: 'message-list',
      columns: [{ title: 'Time' }, { title: 'Payload' }],
      key: row => row.key,
      cells: row => row.isGap ? [badge('gap', 'warn'), el('div.clip', {}, row.text)] : this.#cells(row),
      dress: (line, row) => {
        if (row.isGap) line.classList.add('gap')
        else line.addEventListener('click', () => showMessage(row.message))
      },
      nearEnd: () => this.#page(),
      widen: cleared(this.filter, () => this.#render()),
      scrolled: top => { if (top < 2 && this.#waiting.length && !this.#isPaused) this.#admit() }
    })
    const tools = el('span.push.row', {}, el('span', {}, this.filter), this.pause)
    this.node = el('section.card.list.fill', { 'aria-label': 'Messages' },
      el('header', {}, el('h2', {}, 'Messages'), this.state, tools), this.place, this.arrived)
    this.list.node.classList.remove('card')
    signal.addEventListener('abort', () => this.list.close())
    this.#begin()
  }

  async #begin () {
    try {
      const { messages, cursor } = await this.#history(null)
      if (this.signal.aborted) return
      this.#rows = messages.map(rowOf)
      this.#older = messages.length === page ? cursor : null
      this.#follow(messages[0]?.cursor ?? 'earliest')
      this.#render()
    } catch (error) {
      if (!this.signal.aborted) this.place.replaceChildren(failed(error, () => { this.place.replaceChildren(loading()); this.#begin() }))
    }
  }

  #history (cursor) { return api.history(this.topic, { limit: page, cursor, signal: this.signal }) }

  /** Messages a second of late, as they come here; null where none can come. */
  get rate () {
    if (this.#followed === null) return null
    const now = performance.now()
    while (this.#came.length && this.#came[0] < now - rateSpan) this.#came.shift()
    return 1000 * this.#came.length / Math.min(rateSpan, Math.max(1000, now - this.#followed))
  }

  /** What comes after the newest message of the first page, so that nothing lies between. */
  #follow (from) {
    const live = api.subscribe(this.topic, { from, signal: this.signal })
    live.addEventListener('open', () => { this.#followed ??= performance.now() })
    live.addEventListener('open', () => this.#tell('live', live.transport === 'websocket' ? 'Live' : `Live, by ${live.transport.replace('-', ' ')}`))
    live.addEventListener('wait', ({ detail: { error } }) => this.#tell('lost', 'Connecting again…', error?.message))
    live.addEventListener('close', ({ detail: { error } }) => { this.#followed = null; if (error && !this.signal.aborted) this.#tell('ended', error.message) })
    live.addEventListener('gap', ({ detail }) => this.#receive(this.#gapRow(detail)))
    live.addEventListener('message', ({ detail }) => {
      if (this.#came.length < most) this.#came.push(performance.now())
      this.#receive(rowOf(detail))
    })
    this.#tell('connecting', 'Connecting…')
  }

  #gapRow ({ after, resumedFrom }) {
    this.#gaps += 1
    return { key: `gap ${this.#gaps}`, isGap: true, text: `Messages after ${after}${resumedFrom ? ` until ${resumedFrom}` : ''} are gone` }
  }

  async #page () {
    if (!this.#older || this.#isPaging) return
    this.#isPaging = true
    try {
      const cursor = this.#older
      const { messages, cursor: next } = await this.#history(cursor)
      if (cursor !== this.#older) return
      this.#rows.push(...messages.map(rowOf))
      this.#older = messages.length ? next : null
    } catch (error) {
      if (this.signal.aborted) return
      const again = button('Try again', () => { this.#isPaging = false; this.#page() }, { kind: 'quiet' })
      this.list.foot.replaceChildren(el('span.failure', {}, `Older messages could not be read: ${error.message}`), again)
      return
    } finally {
      // After a failure somebody has to ask for it, lest it is asked for again at once.
      this.#isPaging = this.list.foot.querySelector('button') !== null
    }
    this.#render()
  }

  // What comes

  #receive (row) {
    this.#waiting.unshift(row)
    if (this.#waiting.length > most) this.#overrun()
    this.#due ??= setTimeout(() => {
      this.#due = null
      if (this.#isPaused || this.list.window.scrollTop > 2) this.#showArrived()
      else this.#admit()
    }, 50)
  }

  #due = null

  /** So many have come that those before them can't stay in the page: history has them. */
  #overrun () {
    this.#waiting.length = most
    this.#rows = []
    this.#older = oldestOf(this.#waiting)
  }

  #admit () {
    this.#rows = this.#waiting.concat(this.#rows)
    this.#waiting = []
    if (this.#rows.length > most) {
      this.#rows.length = most
      this.#older = oldestOf(this.#rows)
    }
    this.#render()
  }

  #showArrived () {
    this.arrived.hidden = this.#waiting.length === 0
    this.arrived.textContent = `${count(this.#waiting.length)} new`
  }

  #setPaused (isPaused) {
    this.#isPaused = isPaused
    this.pause.textContent = isPaused ? 'Go on' : 'Pause'
    this.pause.setAttribute('aria-pressed', String(isPaused))
    if (!isPaused) this.#admit()
  }

  #tell (state, text, cause = '') {
    const kinds = { live: 'good', ended: 'bad', lost: 'warn' }
    this.state.replaceChildren(el(`span.dot${kinds[state] ? '.' + kinds[state] : ''}`), text)
    this.state.title = cause
  }

  // What is shown

  #render () {
    this.#showArrived()
    if (this.#rows.length === 0 && this.#waiting.length === 0) {
      this.place.replaceChildren(empty('No messages', 'None are kept. New ones show here as they are published.'))
      return
    }
    if (this.list.node.parentNode !== this.place) this.place.replaceChildren(this.list.node)
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean)
    const rows = words.length ? this.#rows.filter(row => words.every(word => soughtOf(row).includes(word))) : this.#rows
    this.list.show(rows)
    const loaded = `${count(this.#rows.length)} loaded`
    const shown = words.length ? `${count(rows.length)} shown of ${loaded}` : loaded
    this.list.foot.textContent = `${shown}${this.#older ? ', older ones come as you scroll' : ', back to the oldest that is kept'}`
  }

  #cells ({ message }) {
    const text = (message.sender ? `${message.sender}: ` : '') + payloadText(message)
    const mark = message.isSnapshot && badge('snapshot', 'accent')
    return [clock(message.timestamp), el('button.clip', { type: 'button', 'aria-haspopup': 'dialog' }, mark, text.slice(0, longest))]
  }
}

const rowOf = message => ({ key: message.id, message })

const oldestOf = rows => rows.findLast(row => !row.isGap)?.message.cursor ?? null

const textOf = message => [message.id, message.sender ?? '', payloadText(message), JSON.stringify(message.metadata)].join(' ')

/** What a row is searched by, made once. */
function soughtOf (row) {
  row.sought ??= (row.isGap ? row.text : textOf(row.message)).toLowerCase()
  return row.sought
}

function showMessage (message) {
  const payload = payloadText(message, 2)
  const metadata = Object.entries(message.metadata)
  openDialog('Message', el('div.stack', {},
    facts([
      ['Id', el('code', {}, message.id)], ['Time', moment(message.timestamp)], message.sender && ['Sender', message.sender],
      message.payload instanceof Uint8Array && ['Bytes', `${count(message.payload.length)}, shown in hexadecimal digits`],
      message.isSnapshot && ['Snapshot', 'stands for all messages before it']
    ]),
    el('h3.small.dim', {}, 'Payload'), el('pre', { id: 'message-payload', tabindex: 0 }, payload),
    metadata.length ? [el('h3.small.dim', {}, 'Metadata'), facts(metadata.map(([name, value]) => [name, String(value)]))] : null
  ), { broad: true, actions: [copyButton('Copy payload', payload)] })
}
