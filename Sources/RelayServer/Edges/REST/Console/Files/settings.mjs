// The configuration in effect: each key, its value, and where it comes from.

import { api } from './api.mjs'
import { badge, button, card, cleared, el, empty, facts, failed, head, loading, openDialog, openForm, searchField, select } from './components.mjs'
import { count, counted, moment } from './format.mjs'

const which = [['', 'All keys'], ['set', 'Not the default'], ['pending', 'Waiting for a restart'], ['reloads', 'Can change while it runs']]

export function open ({ view, signal }) {
  let config = null
  const place = el('div.stack', {}, loading())
  const about = el('div')
  const search = searchField('key-search', 'Search keys', () => render())
  const choice = select('which', which, '')
  choice.setAttribute('aria-label', 'Which keys')
  choice.addEventListener('change', () => render())
  view.append(head('Configuration', [], [button('Read the files again', reload, { id: 'reload-config' })]), about,
    el('div.row', {}, el('div.search', {}, search), el('div', {}, choice)), place)
  load()

  async function load () {
    place.replaceChildren(loading())
    try {
      config = await api.get('api/v1/admin/config', { signal })
      if (!signal.aborted) render()
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(failed(error, load))
    }
  }

  function render () {
    if (!config) return
    about.replaceChildren(facts([
      ['Node', el('code', {}, config.node)], ['File', config.file ?? 'none'], ['Read', moment(config.loaded_at)],
      config.pending.length > 0 && ['Waiting for a restart', config.pending.join(', ')]
    ]))
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const rows = config.keys.filter(entry => isWanted(entry) && words.every(word => `${entry.key} ${entry.summary}`.toLowerCase().includes(word)))
    const groups = Map.groupBy ? Map.groupBy(rows, ({ group }) => group) : grouped(rows)
    const foot = el('p.small.dim', { role: 'status', id: 'key-count' }, rows.length === config.keys.length
      ? counted(config.keys.length, 'key') : `${count(rows.length)} of ${counted(config.keys.length, 'key')}`)
    const none = () => el('div.card', {}, empty('No such key', 'No key is as you have asked.', button('Show all', all)))
    place.replaceChildren(...(rows.length ? [...groups].map(groupCard) : [none()]), foot)
  }

  const all = cleared(search, () => {
    choice.value = ''
    render()
  })

  function isWanted ({ key, source, reloads }) {
    if (choice.value === 'set') return source !== 'default'
    if (choice.value === 'pending') return config.pending.includes(key)
    return choice.value !== 'reloads' || reloads
  }

  const groupCard = ([group, rows]) => card(group.replaceAll('_', ' '), el('ul.keys', {}, rows.map(row)))

  const row = ({ key, value, default: usual, source, place: where, reloads, secret, summary }) => el('li', {},
    el('div.row', {}, el('code.wrap', {}, key), secret && badge('secret'), reloads && badge('reloads', 'accent'),
      config.pending.includes(key) && badge('waits for a restart', 'warn')),
    el('div.value', {}, el('code.wrap', {}, written(value)), source === 'default' ? el('span.dim.small', {}, 'the default')
      : el('span.dim.small.wrap', {}, `${where ?? source}; the default is ${written(usual)}`)),
    el('p.small.dim', {}, summary))

  function reload () {
    const text = 'The relay reads its sources again, and changes what can change while it runs. If something is wrong in them, nothing changes.'
    openForm('Read the configuration again?', [el('p', {}, text)], { submit: 'Read it', run: again })
  }

  async function again () {
    let report
    try {
      report = await api.post('api/v1/admin/config/reload')
    } catch (error) {
      const problems = error.detail?.problems
      if (!problems) throw error
      const texts = problems.map(({ key, message, place }) => [key, message, place && `(${place})`].filter(Boolean).join(' '))
      throw new Error(`Nothing was changed. ${texts.join('; ')}`)
    }
    openDialog('The configuration was read', reportOf(report))
    await load()
  }
}

function grouped (rows) {
  const groups = new Map()
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row])
  return groups
}

function written (value) {
  if (value === null) return 'not set'
  if (Array.isArray(value)) return value.length ? value.join(', ') : 'none'
  return value === '' ? '""' : String(value)
}

function reportOf ({ changed, needs_restart: waiting, warnings }) {
  const change = ({ key, from, to }) => el('li', {}, el('code', {}, key), ` ${written(from ?? null)} → ${written(to ?? null)}`)
  const part = (title, entries) => entries.length ? [el('h3.small.dim', {}, title), el('ul.stack', {}, entries)] : null
  const parts = [
    part('Changed', changed.map(change)), part('After a restart', waiting.map(change)), part('Warnings', warnings.map(text => el('li.wrap', {}, text)))
  ].filter(Boolean)
  return el('div.stack', {}, parts.length ? parts.flat() : el('p', {}, 'Nothing has changed.'))
}
