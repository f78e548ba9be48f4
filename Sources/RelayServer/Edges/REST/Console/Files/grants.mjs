// Who has access to a topic beside its owner.

import { api, part, topicPath } from './api.mjs'
import { button, card, confirmThat, el, failed, loading, nameField } from './components.mjs'
import { day } from './format.mjs'

export function grantsCard (topic, signal) {
  const path = `${topicPath(topic)}/permissions`
  const list = el('div', { id: 'grants' })
  const username = nameField({ placeholder: 'Username', 'aria-label': 'Username to grant access to', maxlength: 50 })
  const failure = el('p.failure.small', { role: 'alert', id: 'grant-failure' })
  const form = el('form.stack', {
    onsubmit: async event => {
      event.preventDefault()
      failure.textContent = ''
      try {
        await api.post(path, { username: username.value })
        username.value = ''
        await load()
        username.focus()
      } catch (error) {
        failure.textContent = error.message
      }
    }
  }, el('div.row', {}, el('span.search', {}, username), el('button', { type: 'submit' }, 'Grant')), failure)
  const body = el('div.body.stack', {}, el('p.small.dim', {}, 'Users with access may read and publish.'), list, form)

  async function load () {
    if (!list.firstChild) list.append(loading())
    try {
      const grants = await api.list(path, signal)
      list.replaceChildren(grants.length ? el('ul.stack', {}, grants.map(row)) : el('p.dim', {}, 'Nobody yet.'))
    } catch (error) {
      if (signal.aborted) return
      // Where every user has topics of their own, there are no grants.
      if (error.status === 404) return body.replaceChildren(el('p.dim', {}, 'On this relay nobody else can be given access to a topic.'))
      list.replaceChildren(failed(error, load))
    }
  }

  const row = ({ user_id: id, username: name, granted_at: at }) => el('li.row', {},
    el('span.clip', { title: name }, name), el('span.dim.small', {}, day(at)),
    el('span.push'), button('Revoke', () => revoke(id, name), { kind: 'quiet danger', 'aria-label': `Revoke the access of ${name}` }))

  const revoke = (id, name) => confirmThat(`Revoke ${name}’s access?`, 'What this user reads of the topic now ends at once.', 'Revoke', async () => {
    await api.delete(`${path}/${part(id)}`)
    await load()
  })

  load()
  return card('Access', body)
}
