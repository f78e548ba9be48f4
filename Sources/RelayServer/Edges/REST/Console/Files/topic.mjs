// One topic: its messages as they come and back to the oldest, a form to publish, who has access, and what it is.

import { api, topicPath } from './api.mjs'
import { badge, button, card, el, facts, failed, head, loading, rehead } from './components.mjs'
import { count, counted, duration, moment, perSecond } from './format.mjs'
import { grantsCard } from './grants.mjs'
import { MessageFeed } from './messages.mjs'
import { sampler } from './metrics.mjs'
import { publishCard } from './publish.mjs'
import { readersCard } from './readers.mjs'
import { changeTopic, deleteTopic, visibility } from './topics.mjs'
import { webhooksCard } from './webhooks.mjs'

export async function open ({ view, signal, name }) {
  view.classList.add('full')
  const title = el('div.stack')
  const columns = el('div.columns.fill')
  const crumbs = el('p.crumbs', {}, el('a', { href: '#/topics' }, 'Topics'))
  view.append(crumbs, title, columns)
  title.append(head(name))
  columns.append(loading())
  try {
    const topic = await api.get(topicPath(name), { signal })
    if (!signal.aborted) show(topic)
  } catch (error) {
    if (!signal.aborted) columns.replaceChildren(failed(error, () => { view.replaceChildren(); open({ view, signal, name }) }))
  }

  function show (topic) {
    const mayManage = topic.owner_id === api.user.user_id || api.isAdministrator
    const details = el('div.body')
    const describe = changed => {
      topic = changed
      rehead(title, titleOf(topic, mayManage, describe))
      details.replaceChildren(factsOf(topic))
    }
    const feed = api.may('read') ? new MessageFeed(name, signal) : null
    const main = feed ? feed.node : el('div.card.fill', {}, failed(new Error('Reading a topic’s messages needs the permission read.')))
    main.classList.add('main')
    const takesObjects = !name.startsWith('document/')
    // Those of sessions and documents have neither grants nor named readers of their own.
    const isPlain = !name.includes('/') || name.startsWith('pulse/')
    columns.replaceChildren(main, el('div.side', {},
      takesObjects && api.may('write') && publishCard(name),
      card('About', details),
      isPlain && api.may('read') && readersCard(name, signal),
      isPlain && api.may('read') && webhooksCard(name, signal),
      mayManage && isPlain && grantsCard(name, signal)))
    describe(topic)
    const kept = el('div.body', { id: 'kept' }, loading())
    details.after(kept)
    reach(name, signal).then(range => { if (range && !signal.aborted) details.append(range) })
    sampler.follow(signal, async () => {
      const [polls, stats] = await Promise.all([pollsOn(topic, signal), statsOf(name, signal)])
      kept.hidden = !stats
      if (stats) kept.replaceChildren(statsTable(stats))
      const place = title.querySelector('.numbers')
      const readers = stats?.in_memory ? counted(stats.readers, 'reader') : ''
      const rate = feed?.rate === null || !feed ? '' : perSecond(feed.rate)
      if (place) place.textContent = [...figuresOf(name, rate), readers, polls].filter(Boolean).join(', ')
    })
  }
}

/** What the relay tells of a topic in its metrics, where it does so by topic; else how fast messages come here. */
function figuresOf (name, rate) {
  const numbers = sampler.topics.entries.get(name)
  return numbers ? [numbers.kept === null ? '' : `${count(numbers.kept)} kept`, perSecond(numbers.rate)] : [rate]
}

/** What the relay keeps of it, and for how long, and who follows it there. */
const statsOf = (name, signal) => api.get(`${topicPath(name)}/stats`, { signal }).catch(() => null)

const statsTable = stats => facts([
  ['Kept', el('span', {}, count(stats.messages), stats.max_messages ? ` of at most ${count(stats.max_messages)}` : '')],
  ['For', stats.retention_seconds ? duration(stats.retention_seconds) : 'as long as there is room'],
  ['Readers', stats.in_memory ? `${count(stats.readers)} at the relay that answers` : 'none: the topic is not in memory'],
  ['Last id', el('code', {}, stats.last_id ?? 'none')]
])

/** Polls that wait on it now: everybody's for administrators, else the visitor's own. */
async function pollsOn ({ owner_id: owner, topic_name: name }, signal) {
  const stats = await api.get('messages/poll/stats', { signal }).catch(() => null)
  const waiting = stats?.topic_subscriber_counts[`${owner}/${name}`] ?? 0
  if (waiting === 0) return ''
  return api.isAdministrator ? `${counted(waiting, 'poll')} waiting` : `${counted(waiting, 'poll')} of yours waiting`
}

function titleOf (topic, mayManage, changed) {
  const marks = [visibility(topic), topic.anonymous !== 'none' && badge(`everybody may ${topic.anonymous}`, 'warn'), el('span.dim.small.numbers')]
  const actions = mayManage
    ? [button('Change', () => changeTopic(topic, changed), { id: 'change-topic' }),
        button('Delete', () => deleteTopic(topic.topic_name, () => { location.hash = '#/topics' }), { kind: 'danger', id: 'delete-topic' })]
    : []
  const description = topic.description && el('p.dim.wrap', { id: 'topic-description' }, topic.description)
  return el('div.stack', {}, head(topic.topic_name, marks.filter(Boolean), actions), description)
}

const factsOf = topic => facts([
  ['Owner', topic.owner_id === api.user.user_id ? 'you' : el('code', {}, topic.owner_id)],
  ['Created', moment(topic.created_at)],
  ['Durability', topic.durability],
  ['Id', el('code', {}, topic.topic_id)]
])

/** From when until when the messages are that the relay keeps. Shows what retention has left, where the page of one is empty nothing. */
async function reach (name, signal) {
  if (!api.may('read')) return null
  const ends = await Promise.all(['asc', 'desc'].map(order => api.history(name, { limit: 1, order, signal }))).catch(() => null)
  if (!ends) return null
  const [oldest, newest] = ends.map(({ messages }) => messages[0]?.timestamp)
  const kept = oldest ? [['Oldest message', moment(oldest)], ['Newest when opened', moment(newest)]] : [['Messages', 'none are kept']]
  return el('div', { id: 'retention' }, facts(kept))
}
