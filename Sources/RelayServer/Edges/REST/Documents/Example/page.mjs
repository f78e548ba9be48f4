// The example page: one text of a document, edited by whoever has it open.

import { Area } from './area.mjs'
import { Connection } from './connection.mjs'
import { SharedDocument } from './document.mjs'
import { Presence } from './presence.mjs'
import { Session } from './session.mjs'

/** What a program with Yjs gets by doc.getText('text'). */
const root = 'text'
// Each can be read on white, and white on each.
const colors = ['#a40e26', '#953800', '#7d4e00', '#116329', '#0b6b6b', '#0550ae', '#6639ba', '#99286e']
const mostPeople = 100
const element = id => document.getElementById(id)

const client = crypto.getRandomValues(new Uint32Array(1))[0]
const shared = new SharedDocument(client)
const presence = new Presence(client)
const color = colors[client % colors.length]

let session = null
let connection = null
let hasSynced = false
let refusal = ''
// Where the selection was before others changed the text, as positions.
let kept = []

const area = new Area(element('area'), element('mirror'), {
  edited: ({ index, count, text }) => {
    connection?.sendUpdate(shared.replace(root, index, count, text))
    showSelf()
    render()
  },
  moved: () => showSelf(),
  composing: isComposing => connection?.hold(isComposing)
})

const texts = {
  connecting: 'Connecting…',
  open: 'Connected, loading…',
  synced: 'Connected.',
  lost: 'Not connected. What you type is kept in this window until the relay is back.'
}

const owner = {
  changing: () => { kept = area.selection.map(index => shared.position(root, index, -1)) },
  changed: () => {
    area.show(shared.text(root), kept.map(position => shared.indexOf(root, position) ?? 0))
    render()
  },
  is: (state, text) => {
    if (state === 'synced') hasSynced = true
    if (state === 'refused') refusal = `The relay did not take the last change: ${text}. Open the page anew to see what the document is.`
    if (state === 'unreadable') refusal = `The relay has sent something that this page can't read: ${text}.`
    if (texts[state]) element('status').textContent = texts[state]
    render()
  },
  mayRetry: async () => {
    try {
      if (!(await session.isGood())) return showEntrance('The token is not valid any more. What you have typed is kept: log in again.')
      connection.token = session.token
      const status = await session.status(`api/v1/documents/${encodeURIComponent(element('document').value)}`)
      if (status === 401) return showEntrance('This document lets nobody in without a token.')
      if (status === 403) return showEntrance('You may not read this document.')
    } catch {
      // The relay can't be reached at all.
    }
    return true
  }
}

// What is seen

function render () {
  const isText = shared.isText(root)
  area.writable = hasSynced && isText && !refusal
  element('notice').textContent = refusal || notice(isText)
  const people = presence.others.map(([id, state]) => person(id, state))
  area.showOthers(isText ? people.filter(({ head }) => head !== null) : [])
  const self = { name: `${ownName()} (you)`, color }
  element('people').replaceChildren(...[self, ...people].slice(0, mostPeople).map(({ name, color }) => {
    const item = document.createElement('li')
    item.textContent = name
    item.style.setProperty('--color', color)
    return item
  }))
}

function notice (isText) {
  if (!isText) return 'This document holds more than text in the place that this page shows (\uFFFC), so it can be read here and not changed.'
  const others = shared.others(root).map(name => `“${name.slice(0, 40)}”`)
  if (others.length === 0) return ''
  return `This document also has ${others.slice(0, 5).join(', ')}${others.length > 5 ? ' and more' : ''}, which this page doesn't show. It shows “${root}”.`
}

/** What others say of themselves is any JSON. */
function person (id, { user, cursor }) {
  const name = typeof user?.name === 'string' && user.name.trim() ? user.name.slice(0, 40) : `client ${id}`
  const ownColor = /^#[0-9a-f]{6}$/i.test(user?.color) ? user.color : colors[id % colors.length]
  const [anchor, head] = [cursor?.anchor, cursor?.head].map(position => shared.indexOf(root, position))
  return { name, color: ownColor, anchor: anchor ?? head, head }
}

const ownName = () => element('name').value.trim() || 'somebody'

function showSelf () {
  if (!connection) return
  const [anchor, head] = area.selection.map(index => shared.position(root, index))
  const state = { user: { name: ownName(), color, colorLight: color + '40' }, cursor: area.hasFocus ? { anchor, head } : null }
  if (JSON.stringify(state) !== JSON.stringify(presence.own)) connection.show(state)
}

// Coming and going

/** Returns false, for who asks whether to try again. */
function showEntrance (text) {
  element('entrance').hidden = false
  element('editor').hidden = true
  element('failure').textContent = text
  element('status').textContent = 'Log in to begin.'
  connection?.close()
  connection = null
  return false
}

function enter () {
  const name = element('document').value
  const path = name.split('/').map(encodeURIComponent).join('/')
  const address = new URL(`yjs/${path}`, location.href)
  address.protocol = address.protocol.replace('http', 'ws')
  history.replaceState(null, '', `?${new URLSearchParams({ document: name })}`)
  document.title = `${name}: a shared text`
  element('again').href = location.href
  element('entrance').hidden = true
  element('editor').hidden = false
  // One document a window: what is in it belongs to no other.
  element('document').readOnly = true
  if (!element('name').value) element('name').value = session.username ?? 'somebody'
  connection = new Connection(address.href, session.token, shared, presence, owner)
  showSelf()
  render()
}

element('entrance').addEventListener('submit', async event => {
  event.preventDefault()
  const [username, password, token] = ['username', 'password', 'token'].map(id => element(id).value)
  element('failure').textContent = ''
  try {
    session = username ? await Session.login(username, password) : new Session({ token: token.trim() || null })
  } catch (error) {
    element('failure').textContent = error.message
    return
  }
  element('password').value = element('token').value = ''
  session.keep()
  enter()
})

element('name').addEventListener('input', () => {
  showSelf()
  render()
})

element('leave').addEventListener('click', () => {
  Session.forget()
  connection?.close()
  location.reload()
})

window.addEventListener('pagehide', () => connection?.close())
window.addEventListener('pageshow', event => { if (event.persisted) location.reload() })

element('document').value = new URLSearchParams(location.search).get('document') ?? element('document').value
session = Session.kept
if (session) enter()
