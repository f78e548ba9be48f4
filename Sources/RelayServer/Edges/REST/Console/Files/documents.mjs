// The documents that somebody owns or was granted, and the way to any other by its name.

import { api, part } from './api.mjs'
import { badge, button, cleared, el, empty, failed, field, head, loading, nameField, openForm, say, searchField } from './components.mjs'
import { count, counted, day } from './format.mjs'
import { VirtualList } from './list.mjs'
import { topicAddress, visibility } from './topics.mjs'

export const documentAddress = name => `#/documents/${encodeURIComponent(name)}`

export function open ({ view, signal }) {
  let documents = []
  view.classList.add('full')
  const place = el('div.fill', {}, loading())
  const search = searchField('document-search', 'Search documents', () => render())
  const make = api.may('write') && button('New document', create, { kind: 'primary', id: 'new-document' })
  view.append(head('Documents', [], [button('Open by name', openByName), make].filter(Boolean)), el('div.row', {}, el('div.search', {}, search)), place)
  const list = new VirtualList({
    label: 'Documents',
    kind: 'document-list',
    columns: [
      { title: 'Name' }, { title: 'Visible' }, { title: 'Owner', wide: true }, { title: 'Created', wide: true },
      { title: 'Messages', hidden: true, wide: true }
    ],
    key: document => document.name,
    cells: document => [
      el('div', {}, el('div.clip', {}, el('a', { href: documentAddress(document.name), title: document.name }, document.name)),
        el('div.clip.dim.small.narrow', {}, document.description ?? '')),
      el('span.row', {}, visibility(document), document.anonymous !== 'none' && badge('no sign-in', 'warn')),
      document.owner_id === api.user.user_id ? 'you' : el('span.dim', { title: document.owner_id }, 'another'),
      el('span.dim', {}, day(document.created_at)),
      el('div.tools', {}, el('a', { href: topicAddress(document.topic_name), 'aria-label': `Updates of ${document.name}` }, 'Updates'))
    ],
    widen: cleared(search, () => render())
  })
  signal.addEventListener('abort', () => list.close())
  load()

  async function load () {
    place.replaceChildren(loading())
    documents = []
    try {
      for await (const page of api.pages('api/v1/documents', signal)) {
        documents.push(...page)
        render()
      }
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(failed(error, load))
    }
  }

  function render () {
    if (signal.aborted) return
    if (documents.length === 0) {
      const text = 'You see documents here that you own, or that somebody has granted to you.'
      return place.replaceChildren(el('div.card', {}, empty('No documents yet', text, api.may('write') && button('New document', create))))
    }
    if (list.node.parentNode !== place) place.replaceChildren(list.node)
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const rows = documents.filter(({ name, description }) => words.every(word => `${name} ${description ?? ''}`.toLowerCase().includes(word)))
    list.show(rows)
    const all = counted(documents.length, 'document')
    list.foot.textContent = rows.length === documents.length ? all : `${count(rows.length)} of ${all}`
  }

  function create () {
    openForm('New document', [field('Name', nameField({ name: 'name', maxlength: 236 }), 'Any text without control characters: notes/v1.2')], {
      submit: 'Create',
      run: async data => {
        const name = data.get('name')
        await api.put(`api/v1/documents/${part(name)}`)
        say(`Document ${name} is there.`)
        location.hash = documentAddress(name)
      }
    })
  }
}

/** Documents of others that are public, and those of sessions, are in no list. */
function openByName () {
  openForm('Open a document', [field('Name', nameField({ name: 'name', maxlength: 512 }), 'Of a session: session/ID/document/NAME')], {
    submit: 'Open', run: async data => { location.hash = documentAddress(data.get('name').trim()) }
  })
}
