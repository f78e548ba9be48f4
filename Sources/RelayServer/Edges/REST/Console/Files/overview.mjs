// How the relay does: its health, its memory, and charts of what it did.

import { api } from './api.mjs'
import { Chart } from './chart.mjs'
import { badge, card, el, head, loading, stillFailed, table } from './components.mjs'
import { brief, bytes, count, duration, milliseconds, percent, perSecond } from './format.mjs'
import { gauge, latencyWithin, meanLatency, rate, sampler } from './metrics.mjs'

const pause = 10_000
const kinds = { healthy: 'good', degraded: 'warn', unhealthy: 'bad', ok: 'good' }

const charts = () => [
  { title: 'Messages', write: perSecond, series: [{ name: 'published', of: rate('received') }] },
  {
    title: 'Deliveries',
    write: perSecond,
    series: [{ name: 'WebSocket', of: rate('sockets') }, { name: 'poll', of: rate('polls') }, { name: 'stream', of: rate('streams') }]
  },
  {
    title: 'Publish until stored',
    write: milliseconds,
    series: [{ name: 'mean', of: meanLatency }, { name: '99 % within', of: latencyWithin(0.99) }]
  },
  {
    title: 'HTTP answers',
    write: perSecond,
    series: [{ name: 'done', of: rate('answered') }, { name: '4xx', of: rate('refused'), color: 3 }, { name: '5xx', of: rate('broken'), color: 4 }]
  },
  { title: 'Memory', write: bytes, base: 1024, series: [{ name: 'process', of: gauge('resident') }, { name: 'for clients', of: gauge('held') }] },
  { title: 'Processor', write: percent, series: [{ name: 'of one core', of: rate('processor') }] },
  {
    title: 'Readers',
    write: brief,
    series: [
      { name: 'WebSockets', of: gauge('openSockets') }, { name: 'polls', of: gauge('waiting') },
      { name: 'topics followed', of: gauge('subscriptions') }
    ]
  },
  {
    title: 'Editing',
    write: brief,
    series: [{ name: 'sessions', of: gauge('sessions') }, { name: 'documents in memory', of: gauge('documents') }]
  }
].map(options => new Chart(options))

export function open ({ view, signal }) {
  const health = el('span.row', { role: 'status', id: 'health' })
  const tiles = el('dl.tiles')
  const checks = el('div', {}, loading())
  const accounts = el('div', { id: 'memory' }, loading())
  const drawn = charts()
  const grid = el('div.grid', { id: 'charts' }, drawn.map(({ node }) => node))
  const notice = el('div', { id: 'metrics-notice' })
  view.append(head('Overview', [health]), tiles, notice, grid, card('Memory held for clients', accounts), card('Checks', checks))

  const looks = () => showHealth(health, checks, signal)
  looks()
  const timer = setInterval(looks, pause)
  signal.addEventListener('abort', () => clearInterval(timer))

  sampler.follow(signal, () => {
    if (sampler.failure) stillFailed(notice, sampler.failure)
    else notice.replaceChildren()
    grid.hidden = tiles.hidden = sampler.samples.length === 0
    if (grid.hidden) return
    showTiles(tiles)
    accounts.replaceChildren(sampler.latest.size
      ? memoryTable(sampler.latest)
      : el('p.body.dim', {}, 'This relay’s metrics are for who has a token of their own.'))
    for (const chart of drawn) chart.draw(sampler.samples)
  })
}

async function showHealth (place, checks, signal) {
  try {
    const [health, ready] = await Promise.all([api.open('health'), api.open('ready')])
    if (signal.aborted) return
    const { status, version, checks: list } = JSON.parse(health.text)
    const { ready: isReady, checks: details } = JSON.parse(ready.text)
    const readiness = isReady ? badge('ready', 'good') : badge('not ready', 'bad')
    tell(place, [badge(status, kinds[status]), readiness, el('span.dim.small', {}, `version ${version}`)])
    const now = Object.entries(details).map(([name, text]) => ({ name: `${name} (asked now)`, status: text, message: null }))
    checks.replaceChildren(checkTable([...list, ...now]))
  } catch (error) {
    if (signal.aborted) return
    tell(place, [badge('not reached', 'bad')])
    stillFailed(checks, error)
  }
}

/** Screen readers read what changes: so what says the same stays. */
function tell (place, marks) {
  const text = marks.map(({ textContent }) => textContent).join()
  if (place.dataset.text === text) return
  place.dataset.text = text
  place.replaceChildren(...marks)
}

const checkTable = checks => table('Checks', ['Check', 'State', 'What it says'], checks.map(({ name, status, message }) =>
  [name.replaceAll('_', ' '), badge(status, kinds[status] ?? 'bad'), el('span.wrap', {}, message ?? '–')]))

function showTiles (place) {
  const [before, last] = [sampler.samples.at(-2), sampler.samples.at(-1)]
  const of = (name, write) => before ? write(rate(name)(before, last) ?? NaN) : '–'
  place.replaceChildren(...[
    ['Running', duration(last.at / 1000 - last.started)],
    ['Published', of('received', perSecond)],
    ['Since the start', brief(last.received)],
    ['WebSockets', count(last.openSockets)],
    ['Waiting polls', count(last.waiting)],
    ['Memory', bytes(last.resident)],
    ['Processor', of('processor', percent)]
  ].map(([name, value]) => el('div.card.tile', {}, el('dt', {}, name), el('dd', {}, value))))
}

function memoryTable (metrics) {
  const by = name => new Map((metrics.get(name) ?? []).map(({ labels, value }) => [labels.account, value]))
  const [held, limits, refusals] = ['relay_memory_bytes', 'relay_memory_limit_bytes', 'relay_memory_refusals_total'].map(by)
  const rows = [...held].map(([account, value]) => [account, value, limits.get(account), refusals.get(account)])
  const whole = metrics.get('relay_memory_whole_limit_bytes')?.[0]?.value
  rows.push(['all together', [...held.values()].reduce((sum, value) => sum + value, 0), whole, undefined])
  return table('Memory held for clients', ['Account', '#Held', '#Bound', 'Share', '#Refusals'], rows.map(([account, value, limit, refused]) => [
    account.replaceAll('_', ' '), bytes(value), bytes(limit),
    el('meter', { min: 0, max: limit, high: 0.8 * limit, value, 'aria-label': `Share of ${account}` }),
    refused === undefined ? '–' : count(refused)
  ]))
}
