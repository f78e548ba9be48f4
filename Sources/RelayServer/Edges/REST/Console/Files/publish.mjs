// A form that publishes to a topic.

import { api } from './api.mjs'
import { button, card, el, field } from './components.mjs'

const sample = '{\n  "text": "hello"\n}'

export function publishCard (topic) {
  const payload = el('textarea.mono', { id: 'payload', rows: 5, spellcheck: 'false', autocomplete: 'off', required: true, value: sample })
  const metadata = el('input.mono', { name: 'metadata', placeholder: 'name=value, name=value', autocomplete: 'off', spellcheck: 'false' })
  const ttl = el('input', { name: 'ttl', type: 'number', min: 1, step: 1, placeholder: 'as the topic keeps them' })
  const failure = el('p.failure', { role: 'alert', id: 'publish-failure' })
  const done = el('p.small.dim', { role: 'status', id: 'published' })
  const send = el('button.primary', { type: 'submit', id: 'publish' }, 'Publish')
  // The same for a form that is sent again, because its answer did not come.
  let key = newKey()
  const form = el('form.stack.body', {
    oninput: () => { key = newKey() },
    onkeydown: event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit() },
    onsubmit: async event => {
      event.preventDefault()
      failure.textContent = done.textContent = ''
      send.disabled = true
      try {
        const options = { metadata: pairsOf(metadata.value), ttl: ttl.value ? Number(ttl.value) : undefined, idempotencyKey: key }
        const { id } = await api.publish(topic, checked(payload.value), options)
        key = newKey()
        done.textContent = id ? `Published as ${id}` : 'Published'
      } catch (error) {
        failure.textContent = error.message
      } finally {
        send.disabled = false
      }
    }
  },
  field('Payload', payload, 'A JSON object. It is sent as it is written here; Ctrl+Enter publishes.'),
  el('details', {}, el('summary.small', {}, 'Metadata and life'), el('div.stack', {}, field('Metadata', metadata), field('Life in seconds', ttl))),
  failure, el('div.row', {}, send, button('Format', () => format(payload, failure)), done))
  return card('Publish', form)
}

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')

function pairsOf (text) {
  const pairs = text.split(',').map(pair => pair.trim()).filter(Boolean).map(pair => {
    const at = pair.indexOf('=')
    if (at < 1) throw new Error(`Metadata: ${pair} is no name=value`)
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
  })
  return pairs.length ? Object.fromEntries(pairs) : undefined
}

/** A number keeps the digits that it is written with, where the browser can do that. */
const exactly = (_, value, { source } = {}) => {
  const isChanged = typeof value === 'number' && source && source !== String(value)
  return isChanged && JSON.rawJSON ? JSON.rawJSON(source) : value
}

function checked (text) {
  let value
  try {
    value = JSON.parse(text, exactly)
  } catch (error) {
    throw new Error(`The payload is no JSON: ${error.message}`)
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('The payload has to be a JSON object')
  return value
}

function format (area, failure) {
  try {
    area.value = JSON.stringify(checked(area.value), null, 2)
    failure.textContent = ''
  } catch (error) {
    failure.textContent = error.message
  }
}
