// The named readers of a topic: how far each is, and how much it has before it.

import { api, part, topicPath } from './api.mjs'
import { badge, button, card, confirmThat, el, loading, say, stillFailed } from './components.mjs'
import { counted, moment } from './format.mjs'
import { sampler } from './metrics.mjs'

export function readersCard (topic, signal) {
  const path = `${topicPath(topic)}/readers`
  const body = el('div.body', { id: 'readers' }, loading())
  let shown = ''

  async function load () {
    try {
      const readers = await api.list(path, signal)
      // What is as it was stays, and with it where the focus is.
      const text = JSON.stringify(readers)
      if (signal.aborted || text === shown) return
      shown = text
      body.replaceChildren(readers.length ? el('ul.stack', {}, readers.map(row)) : el('p.dim', {}, 'Nobody reads this topic under a name.'))
    } catch (error) {
      if (signal.aborted) return
      shown = ''
      stillFailed(body, error, load)
    }
  }

  function row (reader) {
    const { reader: name, user_id: user, username, used_at: used } = reader
    const isOwn = user === api.user.user_id
    const whose = isOwn ? 'yours' : el('span', { title: user }, username ? `of ${username}` : 'another’s')
    return el('li.row', {}, el('code.wrap', {}, name), lagOf(reader), el('span.dim.small', {}, whose, ', used ', moment(used)), el('span.push'),
      button('Delete', () => ask(name, user, isOwn), { kind: 'quiet danger', 'aria-label': `Delete the reader ${name}` }))
  }

  function ask (name, user, isOwn) {
    const text = 'The relay forgets its place. A client that names it again begins where it asks to.'
    confirmThat(`Delete the reader ${name}?`, text, 'Delete', async () => {
      await api.delete(`${path}/${part(name)}${isOwn ? '' : `?user_id=${part(user)}`}`)
      say(`The reader ${name} is deleted.`)
      await load()
    })
  }

  load()
  sampler.addEventListener('sample', load, { signal })
  return card('Named readers', body)
}

function lagOf ({ lag, lag_is_exact: isExact }) {
  if (lag === 0) return badge('up to date', 'good')
  return badge(`${isExact ? '' : 'about '}${counted(lag, 'message')} behind`, 'warn')
}
