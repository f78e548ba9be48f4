// The relays that share a store: how each does, as it says itself.

import { api } from './api.mjs'
import { badge, card, el, facts, head, loading, stillFailed, table } from './components.mjs'
import { bytes, count, counted, duration, moment } from './format.mjs'

const pause = 5000
const kinds = { healthy: 'good', degraded: 'warn', unhealthy: 'bad', silent: 'bad', ok: 'good' }

export const kindOf = status => kinds[status] ?? 'bad'

export function open ({ view, signal }) {
  const place = el('div.stack', {}, loading())
  const totals = el('span.dim.small')
  let shown = ''
  view.append(head('Nodes', [totals]), place)

  async function load () {
    try {
      const nodes = await api.list('api/v1/admin/nodes', signal)
      const text = JSON.stringify(nodes)
      if (signal.aborted || text === shown) return
      shown = text
      totals.textContent = counted(nodes.length, 'relay')
      place.replaceChildren(summary(nodes), ...nodes.map(nodeCard))
    } catch (error) {
      if (signal.aborted) return
      shown = ''
      stillFailed(place, error, load)
    }
  }

  load()
  const timer = setInterval(load, pause)
  signal.addEventListener('abort', () => clearInterval(timer))
}

/** All at one look, where there are several. */
function summary (nodes) {
  if (nodes.length < 2) return ''
  const rows = nodes.map(node => [
    nameOf(node), badge(node.status, kindOf(node.status)), bytes(node.memory.held_bytes), count(node.connections), count(node.sessions), moment(node.seen_at)
  ])
  return card('All', table('All nodes', ['Node', 'State', '#Held for clients', '#Connections', '#Sessions', 'Seen'], rows))
}

export const nameOf = node => el('span.row', {}, el('span.wrap', { title: node.node }, node.host), node.self && badge('asked', 'accent'))

function nodeCard (node) {
  const { memory, storage } = node
  const { held_bytes: held, limit_bytes: limit } = memory
  const share = el('meter', { min: 0, max: limit, high: 0.8 * limit, value: held, 'aria-label': `Memory of ${node.host}` })
  const state = [badge(node.status, kindOf(node.status)), node.draining && badge('told to stop', 'warn')]
  const address = new URLSearchParams({ node: node.node })
  const body = el('div.body.stack', {}, facts([
    ['Id', el('code', {}, node.node)],
    ['Address', node.url ?? 'none that other relays reach it by'],
    ['Process', `${node.process}, version ${node.version}`],
    ['Running', el('span', {}, duration(node.uptime_seconds), ', since ', moment(node.started_at))],
    !node.self && ['Seen', moment(node.seen_at)],
    ['Store', el('span.row', {}, storage.backend, badge(storage.status, kindOf(storage.status)))],
    ['For clients', el('span.row', {}, `${bytes(held)} of ${bytes(limit)}`, share)],
    memory.resident_bytes !== null && ['Memory', bytes(memory.resident_bytes)],
    ['Connections', node.reachable
      ? el('a', { href: `#/connections/${encodeURIComponent(address)}` }, count(node.connections))
      : `${count(node.connections)}, which can’t be listed from here: it needs node_url`],
    ['Topics in memory', count(node.topics_in_memory)],
    ['Sessions', count(node.sessions)],
    ['Checks', el('ul.row', { 'aria-label': `Checks of ${node.host}` }, node.checks.map(check))]
  ]))
  return card(node.host, body, ...state.filter(Boolean))
}

const check = ({ name, status, message }) =>
  el('li.row.small', {}, badge(name.replaceAll('_', ' '), kindOf(status)), message && el('span.dim.wrap', {}, message))
