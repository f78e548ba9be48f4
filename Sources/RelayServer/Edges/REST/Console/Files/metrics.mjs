// The relay's metrics, read again and again while somebody is signed in, and kept for an hour. What was before that the relay remembers, and
// tells administrators.

import { api } from './api.mjs'

const [interval, kept] = [5000, 3_600_000]

/** The exposition as a map from names to `{ labels, value }`, in their order. */
export function parse (text) {
  const metrics = new Map()
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line)
    if (!match) continue
    const [, name, labels, number] = match
    const value = number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number)
    const entry = { text: labels ?? '', value, get labels () { return labelsOf(this.text) } }
    if (metrics.has(name)) metrics.get(name).push(entry)
    else metrics.set(name, [entry])
  }
  return metrics
}

const escapes = { '\\n': '\n', '\\"': '"', '\\\\': '\\' }

const labelsOf = text => Object.fromEntries([...text.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)]
  .map(([, name, value]) => [name, value.replace(/\\[n"\\]/g, found => escapes[found])]))

/** What is kept of a reading: the numbers that charts are drawn from. */
function numbers (metrics) {
  const all = name => metrics.get(name) ?? []
  const sum = (name, has = '') => all(name).reduce((total, { text, value }) => text.includes(has) ? total + value : total, 0)
  return {
    at: Date.now(),
    received: sum('relay_messages_received_total'),
    sockets: sum('relay_messages_delivered_total', '"websocket"'),
    polls: sum('relay_messages_delivered_total', '"long_poll"'),
    streams: sum('relay_messages_delivered_total', '"event_stream"'),
    latency: all('relay_message_latency_seconds_bucket').map(({ labels, value }) => [labels.le === '+Inf' ? Infinity : Number(labels.le), value]),
    latencySum: sum('relay_message_latency_seconds_sum'),
    latencyCount: sum('relay_message_latency_seconds_count'),
    answered: sum('http_requests_total', '"2xx"') + sum('http_requests_total', '"3xx"'),
    refused: sum('http_requests_total', '"4xx"'),
    broken: sum('http_requests_total', '"5xx"'),
    resident: sum('process_resident_memory_bytes'),
    held: sum('relay_memory_bytes'),
    // In hundredths of a second, so that its rate is in per cent.
    processor: 100 * sum('process_cpu_seconds_total'),
    started: sum('process_start_time_seconds'),
    openSockets: sum('relay_websocket_connections_active'),
    subscriptions: sum('relay_subscriptions_active'),
    waiting: sum('relay_poll_waiters_active'),
    sessions: sum('pulsar_sessions_active'),
    documents: sum('relay_documents_loaded'),
    carried: sum('pulsar_relay_bytes_total', '"outbound"')
  }
}

/** The same of what the relay remembers, the oldest first. */
function remembered ({ now, times, figures, publish_seconds_bounds: bounds, publish_seconds_counts: counts }) {
  // By this browser's clock, as the others are.
  const difference = Date.now() - Date.parse(now)
  return times.map((time, index) => {
    const value = name => figures[name]?.[index] ?? NaN
    let seen = 0
    return {
      at: Date.parse(time) + difference,
      received: value('messages_received'),
      sockets: value('delivered_websocket'),
      polls: value('delivered_long_poll'),
      streams: value('delivered_event_stream'),
      latency: counts[index].map((count, bucket) => [bounds[bucket] ?? Infinity, seen += count]),
      latencySum: value('publish_seconds_sum'),
      latencyCount: value('publish_seconds_count'),
      answered: value('http_2xx') + value('http_3xx'),
      refused: value('http_4xx'),
      broken: value('http_5xx'),
      resident: value('resident_bytes'),
      held: value('held_bytes'),
      processor: 100 * value('cpu_seconds'),
      started: value('start_seconds'),
      openSockets: value('websockets'),
      subscriptions: value('subscriptions'),
      waiting: value('waiting_polls'),
      sessions: value('sessions'),
      documents: value('documents')
    }
  })
}

/** Of each topic what was published and what is kept, where the relay tells. */
function topics (metrics, before) {
  const found = new Map()
  for (const { text, value, labels } of metrics.get('relay_topic_message_count') ?? []) {
    if (text) found.set(labels.topic, { kept: value, received: 0, rate: 0 })
  }
  for (const { text, value, labels } of metrics.get('relay_messages_received_total') ?? []) {
    if (text) found.set(labels.topic, { kept: found.get(labels.topic)?.kept ?? null, received: value, rate: 0 })
  }
  const at = Date.now()
  for (const [name, entry] of found) {
    const old = before.entries.get(name)
    if (old && at > before.at) entry.rate = Math.max(0, entry.received - old.received) / ((at - before.at) / 1000)
  }
  return { at, entries: found }
}

class Sampler extends EventTarget {
  #timer = null
  // Another for each who signs in.
  #visit = null
  /** Numbers of the last hour, the oldest first. */
  samples = []
  /** The last reading whole. */
  latest = new Map()
  topics = { at: 0, entries: new Map() }
  /** Why the last reading failed, or null. */
  failure = null

  start () {
    this.samples = []
    this.#visit = {}
    this.#read()
    if (api.isAdministrator) this.#recall()
  }

  /** What was before somebody signed in. An older relay remembers nothing. */
  async #recall () {
    const visit = this.#visit
    const past = await api.get('api/v1/admin/history').then(remembered).catch(() => [])
    if (this.#visit !== visit) return
    const [first] = this.samples
    this.samples = past.filter(({ at, started }) => !first || (at < first.at && started === first.started)).concat(this.samples)
    if (this.samples.length) this.dispatchEvent(new Event('sample'))
  }

  stop () {
    clearTimeout(this.#timer)
    this.#timer = this.#visit = null
    this.samples = []
    this.latest = new Map()
    this.topics = { at: 0, entries: new Map() }
  }

  async #read () {
    const timer = this.#timer = setTimeout(() => this.#read(), this.samples.length < 2 ? 1000 : interval)
    try {
      const { status, text } = await api.open('metrics')
      if (this.#timer !== timer) return
      if (status === 401) await this.#readHistory()
      else if (status !== 200) throw new Error(`The relay answered ${status} to /metrics.`)
      else this.#take(text)
      this.failure = null
    } catch (error) {
      if (this.#timer !== timer) return
      this.failure = error
    }
    this.dispatchEvent(new Event('sample'))
  }

  #take (text) {
    this.latest = parse(text)
    this.topics = topics(this.latest, this.topics)
    this.samples.push(numbers(this.latest))
    while (this.samples[0].at < Date.now() - kept) this.samples.shift()
  }

  /** Where `/metrics` is for those who have a token of its own. */
  async #readHistory () {
    if (!api.isAdministrator) throw new Error('This relay shows its metrics to administrators alone.')
    this.samples = remembered(await api.get('api/v1/admin/history'))
  }

  /** Calls `action` now, if there is anything, and after each reading until `signal` says that it is enough. */
  follow (signal, action) {
    this.addEventListener('sample', action, { signal })
    if (this.samples.length || this.failure) action()
  }
}

export const sampler = new Sampler()

// What charts make of two samples after one another

const between = (before, after, make) => {
  const seconds = (after.at - before.at) / 1000
  // A relay that was started anew counts from 0.
  return seconds <= 0 || seconds > 150 || after.started !== before.started ? null : make(seconds)
}

/** Nothing where the number has fallen: the relay has forgotten a part of it. */
export const rate = name => (before, after) => between(before, after, seconds => {
  const grown = after[name] - before[name]
  return grown >= 0 ? grown / seconds : null
})

export const gauge = name => (_, after) => after[name]

/** Milliseconds from publish to store: on average, and what `share` of them kept within. */
export const meanLatency = (before, after) => between(before, after, () => {
  const number = after.latencyCount - before.latencyCount
  return number ? 1000 * (after.latencySum - before.latencySum) / number : null
})

export const latencyWithin = share => (before, after) => between(before, after, () => {
  const old = new Map(before.latency)
  const counts = after.latency.map(([bound, value]) => [bound, value - (old.get(bound) ?? 0)])
  const all = counts.at(-1)?.[1]
  if (!all) return null
  const bound = counts.find(([, value]) => value >= share * all)[0]
  return Number.isFinite(bound) ? 1000 * bound : null
})
