// The topics that somebody owns or was granted: any number of them, searched and sorted in the page.

import { api, topicPath } from './api.mjs'
import {
  badge, button, checkbox, cleared, confirmThat, el, empty, failed, field, head, loading, nameField, openForm, say, searchField, select
} from './components.mjs'
import { count, counted, day, perSecond } from './format.mjs'
import { VirtualList } from './list.mjs'
import { sampler } from './metrics.mjs'

const durabilities = ['default', 'memory', 'stored', 'replicated', 'synced'].map(name => [name, name])

const kinds = [['', 'All topics'], ['mine', 'Owned by me'], ['granted', 'Granted to me'], ['public', 'Public'], ['private', 'Private']]
const namePattern = '[A-Za-z0-9_\\-]*[A-Za-z0-9][A-Za-z0-9_\\-]*'
const nameRule = 'Letters, digits, _ and -, of which at least one letter or digit'
const figures = [
  { title: 'Kept', key: 'messages', numeric: true, wide: true }, { title: 'Readers', key: 'readers', numeric: true, wide: true },
  { title: 'Rate', key: 'rate', numeric: true, wide: true }
]
const numeric = ['messages', 'rate', 'readers', 'created_at']
// More are not read into the page; of more than these figures are not read again, every so many milliseconds.
const [most, mostFollowed, pause] = [20_000, 1_000, 10_000]

export const topicAddress = name => `#/topics/${encodeURIComponent(name)}`

export function open ({ view, signal }) {
  const page = new TopicsPage(view, signal)
  page.load()
}

class TopicsPage {
  #topics = []
  #sort = { key: 'topic_name', isDescending: false }
  #isCut = false
  #isReading = false

  constructor (view, signal) {
    this.signal = signal
    this.view = view
    view.classList.add('full')
    this.search = searchField('topic-search', 'Search topics', () => this.#render())
    this.visibility = select('visibility', kinds, '')
    this.visibility.setAttribute('aria-label', 'Which topics')
    this.visibility.addEventListener('change', () => this.#render())
    this.whose = select('whose', [['', 'Mine'], ['all', 'All of the relay']], '')
    this.whose.setAttribute('aria-label', 'Whose topics')
    this.whose.addEventListener('change', () => { this.#sort = { key: 'topic_name', isDescending: false }; this.load() })
    this.place = el('div.fill')
    const create = api.may('write') && button('New topic', () => this.#create(), { kind: 'primary', id: 'new-topic' })
    view.append(head('Topics', [el('span.dim.small', { id: 'topic-totals' })], [button('Open by name', openByName), create].filter(Boolean)),
      el('div.row', {}, el('div.search', {}, this.search), api.isAdministrator && el('div', {}, this.whose), el('div', {}, this.visibility)), this.place)
    if (api.isAdministrator) this.#totals()
    this.#makeList()
    const timer = setInterval(() => this.#readAgain(), pause)
    signal.addEventListener('abort', () => { clearInterval(timer); this.list.close() })
  }

  async load () {
    const whose = this.whose.value
    this.place.replaceChildren(loading())
    this.#topics = []
    this.#isCut = false
    try {
      for await (const page of api.pages(this.#path, this.signal)) {
        if (whose !== this.whose.value) return
        for (const topic of page) this.#topics.push(rowOf(topic))
        this.#isCut = this.#topics.length >= most
        this.#render()
        if (this.#isCut) return
      }
      if (this.#topics.length === 0) this.#render()
    } catch (error) {
      if (!this.signal.aborted && whose === this.whose.value) this.place.replaceChildren(failed(error, () => this.load()))
    }
  }

  async #totals () {
    const totals = await api.get('api/v1/topics/stats').catch(() => null)
    const place = this.view.querySelector('#topic-totals')
    if (totals && place) place.textContent = `${count(totals.total_topics)} on this relay, ${count(totals.public_topics)} public`
  }

  get #path () { return this.whose.value ? 'api/v1/admin/topics' : 'api/v1/topics?figures=true' }

  /** What changes by itself: how many messages and readers there are. */
  async #readAgain () {
    if (this.#isReading || document.hidden || this.#topics.length > mostFollowed) return
    const topics = this.#topics
    this.#isReading = true
    const read = await api.list(this.#path, this.signal).catch(() => [])
    this.#isReading = false
    if (this.signal.aborted || topics !== this.#topics) return
    const fresh = new Map(read.map(topic => [topic.topic_id, topic]))
    for (const topic of topics) if (fresh.has(topic.topic_id)) follow(topic, fresh.get(topic.topic_id))
    this.list.redraw()
    if (numeric.includes(this.#sort.key)) this.#render()
  }

  #render () {
    if (this.signal.aborted) return
    if (this.#topics.length === 0) {
      return this.place.replaceChildren(el('div.card', {}, this.#none()))
    }
    const rows = this.#found()
    if (this.list.node.parentNode !== this.place) this.place.replaceChildren(this.list.node)
    this.list.marks(this.#sort.key, this.#sort.isDescending)
    this.list.show(rows)
    const all = this.#isCut ? `the first ${counted(most, 'topic')}` : counted(this.#topics.length, 'topic')
    this.list.foot.textContent = rows.length === this.#topics.length ? all : `${count(rows.length)} of ${all}`
  }

  #none () {
    const make = api.may('write') && button('New topic', () => this.#create())
    if (this.whose.value) return empty('No topics', 'Nobody has made one.', make)
    return empty('No topics yet', 'You see topics here that you own, or that somebody has granted to you.', make)
  }

  #found () {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const wanted = this.visibility.value
    const { key, isDescending } = this.#sort
    const value = this.#value(key)
    return this.#topics
      .filter(topic => words.every(word => topic.sought.includes(word)) && this.#isWanted(topic, wanted))
      .map(topic => [value(topic), topic])
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0) * (isDescending ? -1 : 1))
      .map(([, topic]) => topic)
  }

  #isWanted (topic, wanted) {
    if (wanted === 'mine') return topic.owner_id === api.user.user_id
    if (wanted === 'granted') return topic.owner_id !== api.user.user_id
    if (wanted) return topic.is_public === (wanted === 'public')
    return true
  }

  #value (key) {
    if (key === 'rate') return topic => rateOf(topic) ?? -1
    if (key === 'messages' || key === 'readers') return topic => topic[key] ?? -1
    if (key === 'is_public') return topic => topic.is_public ? 0 : 1
    if (key === 'mine') return topic => topic.owner_id === api.user.user_id ? 0 : 1
    return topic => topic[key] ?? ''
  }

  #makeList () {
    this.list = new VirtualList({
      label: 'Topics',
      kind: 'topic-list',
      columns: [
        { title: 'Name', key: 'topic_name' }, { title: 'Visible', key: 'is_public' },
        { title: 'Owner', key: 'mine', wide: true }, ...figures, { title: 'Created', key: 'created_at', wide: true },
        { title: 'Actions', hidden: true, wide: true }
      ],
      key: topic => topic.topic_id,
      sort: key => {
        this.#sort = { key, isDescending: this.#sort.key === key ? !this.#sort.isDescending : numeric.includes(key) }
        this.list.window.scrollTop = 0
        this.#render()
      },
      cells: topic => this.#cells(topic),
      widen: cleared(this.search, () => { this.visibility.value = ''; this.#render() })
    })
  }

  #cells (topic) {
    const isMine = topic.owner_id === api.user.user_id
    const rate = rateOf(topic)
    const name = el('div', {}, el('div.clip', {}, el('a', { href: topicAddress(topic.topic_name), title: topic.topic_name }, topic.topic_name)),
      topic.description
        ? el('div.clip.dim.small', { title: topic.description }, topic.description)
        : el('div.clip.dim.small.narrow', {}, isMine ? 'owned by you' : this.whose.value ? `of ${topic.owner_id}` : 'granted to you'))
    const tools = el('div.tools', {}, ...(isMine || api.isAdministrator
      ? [button('Change', () => changeTopic(topic, changed => this.#replace(topic, changed)),
          { kind: 'quiet', 'aria-label': `Change ${topic.topic_name}` }),
          button('Delete', () => deleteTopic(topic.topic_name, () => this.#replace(topic, null)),
          { kind: 'quiet danger', 'aria-label': `Delete ${topic.topic_name}` })]
      : []))
    const owner = isMine ? 'you' : el('span.dim', { title: topic.owner_id }, 'another')
    const numbers = [...['messages', 'readers'].map(key => topic[key] == null ? '–' : count(topic[key])), rate === null ? '–' : perSecond(rate)]
    return [name, visibility(topic), owner, ...numbers, el('span.dim', {}, day(topic.created_at)), tools]
  }

  #replace (topic, changed) {
    const index = this.#topics.indexOf(topic)
    if (index < 0) return
    if (changed) this.#topics[index] = rowOf({ ...topic, ...changed })
    else this.#topics.splice(index, 1)
    this.list.redraw()
    this.#render()
    this.list.window.focus()
  }

  #create () {
    openForm('New topic', [
      field('Name', nameField({ name: 'topic_name', maxlength: 255, pattern: namePattern, title: nameRule }), nameRule),
      ...topicFields({ description: '', is_public: false, durability: 'default' })
    ], {
      submit: 'Create',
      run: async data => {
        const topic = await api.post('api/v1/topics', { topic_name: data.get('topic_name'), ...topicValues(data) })
        this.#topics.push(rowOf(topic))
        this.#render()
        say(`Topic ${topic.topic_name} is there.`)
      }
    })
  }
}

/** What a row is searched by is made once, and its rate begins with when its figures were read. */
const rowOf = topic => ({ ...topic, sought: `${topic.topic_name} ${topic.description ?? ''}`.toLowerCase(), readAt: Date.now(), rate: null })

/** Takes over the figures of a later reading. Where as many go as come, nobody can tell from them how many came. */
function follow (topic, { messages, readers, last_id: last }) {
  const seconds = (Date.now() - topic.readAt) / 1000
  const grown = messages - topic.messages
  topic.rate = last === topic.last_id ? 0 : grown > 0 && seconds > 0 ? grown / seconds : null
  Object.assign(topic, { messages, readers, last_id: last, readAt: Date.now() })
}

/** What the relay counts, where it does so by topic; else what two readings of its figures say; null where that is nothing. */
const rateOf = topic => sampler.topics.entries.get(topic.topic_name)?.rate ?? topic.rate

/** Topics that are public, or another's, are in no list: whoever knows the name opens them by it. */
function openByName () {
  openForm('Open a topic', [field('Name', nameField({ name: 'name', maxlength: 512 }), 'Also of a session or a document: session/…, document/…')], {
    submit: 'Open', run: async data => { location.hash = topicAddress(data.get('name').trim()) }
  })
}

export const visibility = topic => topic.is_public ? badge('public', 'accent') : badge('private')

const topicFields = topic => [
  field('Description', el('input', { name: 'description', maxlength: 500, value: topic.description ?? '' })),
  checkbox('is_public', 'Public', topic.is_public, 'everybody with an account may read it'),
  field('Durability', select('durability', durabilities, topic.durability),
    'How safe a message is before its publish is answered. Not every store offers all.')
]

const topicValues = data => ({ description: data.get('description'), is_public: data.has('is_public'), durability: data.get('durability') })

export function changeTopic (topic, done) {
  openForm(`Change ${topic.topic_name}`, topicFields(topic), {
    submit: 'Save',
    run: async data => {
      done(await api.put(topicPath(topic.topic_name), topicValues(data)))
      say('The topic is changed.')
    }
  })
}

export function deleteTopic (name, done) {
  confirmThat(`Delete ${name}?`, 'Its messages go with it, and whoever reads it is cut off. This can’t be undone.', 'Delete', async () => {
    await api.delete(topicPath(name))
    say(`Topic ${name} is deleted.`)
    done()
  })
}
