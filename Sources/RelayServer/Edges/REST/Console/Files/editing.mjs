// Editing sessions that the account has made, and what the relay counts of all of them.

import { api } from './api.mjs'
import { badge, button, card, el, empty, field, head, loading, openDialog, openForm, secret, select, stillFailed, table } from './components.mjs'
import { bytes, count, counted, moment } from './format.mjs'
import { VirtualList } from './list.mjs'
import { sampler } from './metrics.mjs'

const pause = 5000
export const stateKinds = { created: 'accent', active: 'good', closing: 'warn', closed: 'bad' }

export function open ({ view, signal }) {
  view.classList.add('full')
  const place = el('div.fill.roomy', {}, loading())
  const ways = el('div', {}, loading())
  const totals = el('span.dim.small')
  const make = api.may('write') ? [button('New session', () => create(load), { kind: 'primary', id: 'new-session' })] : []
  const whose = select('whose', [['', 'Made by me'], ['all', 'All of the relay']], '')
  whose.setAttribute('aria-label', 'Whose sessions')
  whose.addEventListener('change', () => { place.replaceChildren(loading()); load() })
  const scope = api.isAdministrator
    ? el('div.row', {}, el('div', {}, whose))
    : el('p.small.dim', {}, 'The relay lists those that your account has made. It counts all that have not ended.')
  view.append(head('Editing sessions', [totals], make), scope, place, card('Ways between peers', ways))
  const list = new VirtualList({
    label: 'Editing sessions',
    kind: 'session-list',
    columns: [
      { title: 'Session' }, { title: 'State' }, { title: 'Peers', numeric: true, wide: true }, { title: 'Created', wide: true },
      { title: 'Ends', wide: true }
    ],
    key: session => `${session.session_id} ${session.state} ${session.participant_count} ${session.expires_at}`,
    cells: ({ session_id: id, state, participant_count: peers, created_at: created, expires_at: ends }) => [
      el('div', {}, el('div.clip', {}, el('a.mono', { href: `#/sessions/${encodeURIComponent(id)}` }, id)),
        el('div.clip.dim.small.narrow', {}, `${counted(peers, 'peer')}, ends `, moment(ends))),
      badge(state, stateKinds[state]), count(peers), moment(created), moment(ends)
    ]
  })

  async function load () {
    try {
      const wanted = whose.value
      const sessions = await api.list(wanted ? 'api/v1/admin/sessions' : 'v1/sessions', signal)
      if (signal.aborted || wanted !== whose.value) return
      // What is as it was stays, and with it where the focus is.
      if (sessions.length === 0 && place.firstChild?.dataset.none === wanted) return
      if (sessions.length === 0) return place.replaceChildren(el('div.card', { 'data-none': wanted }, none(wanted)))
      if (list.node.parentNode !== place) place.replaceChildren(list.node)
      list.show(sessions)
      list.foot.textContent = counted(sessions.length, 'session')
    } catch (error) {
      if (!signal.aborted) stillFailed(place, error, load)
    }
  }

  const none = ofAll => empty('No editing sessions', ofAll ? 'None is there now.' : 'None that you have made is there now.',
    api.may('write') && button('New session', () => create(load)))

  load()
  const timer = setInterval(load, pause)
  signal.addEventListener('abort', () => { clearInterval(timer); list.close() })
  sampler.follow(signal, () => {
    if (sampler.failure) return stillFailed(ways, sampler.failure)
    totals.textContent = `${count(sampler.samples.at(-1).sessions)} on this relay’s store`
    ways.replaceChildren(waysTable(), natList())
  })
}

const texts = {
  direct_udp: 'direct, UDP', direct_tcp: 'direct, TCP', quic_relay: 'relayed, QUIC', turn: 'relayed, TURN', tunnel: 'tunnel',
  binary_proxy: 'proxy', json: 'messages'
}

export const wayName = mode => texts[mode] ?? mode

/** How peers reach each other now, and how many bytes each way has carried since this relay started. */
function waysTable () {
  const by = new Map()
  for (const { labels, value } of sampler.latest.get('pulsar_path_current') ?? []) by.set(labels.mode, { pairs: value, bytes: 0 })
  for (const { labels, value } of sampler.latest.get('pulsar_path_bytes_total') ?? []) {
    // What comes in goes out again: it is counted once.
    if (by.has(labels.mode) && labels.direction !== 'outbound') by.get(labels.mode).bytes += value
  }
  const used = [...by].filter(([, { pairs, bytes: sum }]) => pairs > 0 || sum > 0)
  if (used.length === 0) return el('p.body.dim', {}, 'No peers have reached each other since this relay started.')
  const cells = ([mode, { pairs, bytes: sum }]) => [wayName(mode), count(pairs), bytes(sum)]
  return table('Ways between peers', ['Way', '#Pairs now', '#Bytes'], used.map(cells))
}

function natList () {
  const seen = (sampler.latest.get('pulsar_nat_type_detected_total') ?? []).filter(({ value }) => value > 0)
  if (seen.length === 0) return el('p.body.small.dim', {}, 'No peer has told of its NAT since this relay started.')
  const kind = ({ labels, value }) => badge(`${labels.nat_type.replaceAll('_', ' ')}: ${count(value)}`)
  return el('p.body.row.small.dim', {}, 'NATs that peers have told of:', seen.map(kind))
}

const policies = [['close', 'the session closes'], ['wait', 'it waits for a host'], ['migrate', 'an editor becomes host']]

function create (done) {
  openForm('New session', [
    field('The host’s peer id', el('input', { name: 'host_id', required: true, maxlength: 255, value: api.user.username, autocomplete: 'off' })),
    field('Title', el('input', { name: 'title', maxlength: 200, autocomplete: 'off' }), 'Kept in the session’s metadata'),
    field('When the host is gone', select('host_policy', policies, 'close'))
  ], {
    submit: 'Create',
    run: async data => {
      const title = data.get('title')
      const wanted = { host_id: data.get('host_id'), host_policy: data.get('host_policy'), metadata: title ? { title } : {} }
      const session = await api.post('v1/sessions', wanted)
      done()
      const text = `${session.host_id} joins as host with this token. It is shown only now; the session waits two minutes for it.`
      openDialog('The session is there', el('div.stack', {}, el('p', {}, text), secret(session.join_token)))
    }
  })
}
