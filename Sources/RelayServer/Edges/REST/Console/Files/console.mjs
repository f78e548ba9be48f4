// The console: signing in, the frame around its pages, and which page an address shows. Pages are loaded when they are first opened.

import { api } from './api.mjs'
import { button, el, failed, loading, svg } from './components.mjs'
import { showWays } from './entrance.mjs'
import { sampler } from './metrics.mjs'

const element = id => document.getElementById(id)

// `one` shows something of a page's list that the address names; `filters` says that the address tells the page itself what to show.
const pages = [
  { name: 'overview', title: 'Overview', icon: 'M2 13V8h3v5M6.5 13V3h3v10M11 13V6h3v7', load: () => import('./overview.mjs') },
  { name: 'topics', title: 'Topics', icon: 'M2 4h12M2 8h12M2 12h8', load: () => import('./topics.mjs'), one: () => import('./topic.mjs') },
  {
    name: 'documents',
    title: 'Documents',
    icon: 'M4 2h5l3 3v9H4zM9 2v3h3M6 8h4M6 11h4',
    load: () => import('./documents.mjs'),
    one: () => import('./editor.mjs')
  },
  {
    name: 'users',
    title: 'Users',
    icon: 'M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8M2.8 14c.4-2.8 2.4-4.2 5.2-4.2s4.8 1.4 5.2 4.2',
    permission: 'admin',
    load: () => import('./users.mjs')
  },
  {
    name: 'sessions',
    title: 'Editing sessions',
    icon: 'M3 3h10v7H7l-3 3v-3H3z',
    load: () => import('./editing.mjs'),
    one: () => import('./meeting.mjs')
  },
  { name: 'nodes', title: 'Nodes', icon: 'M3 3h10v4H3zM3 9h10v4H3zM5.5 5h.1M5.5 11h.1', permission: 'admin', load: () => import('./nodes.mjs') },
  {
    name: 'connections',
    title: 'Connections',
    icon: 'M6 5V2M10 5V2M4 5h8v3a4 4 0 0 1-8 0zM8 12v2',
    permission: 'admin',
    filters: true,
    load: () => import('./connections.mjs')
  },
  {
    name: 'audit',
    title: 'Audit log',
    icon: 'M4 2h8v12H4zM6 5h4M6 8h4M6 11h2',
    permission: 'admin',
    filters: true,
    load: () => import('./audit.mjs')
  },
  {
    name: 'configuration',
    title: 'Configuration',
    icon: 'M2 5h7M13 5h1M2 11h2M8 11h6M11 3v4M6 9v4',
    permission: 'admin',
    load: () => import('./settings.mjs')
  },
  { name: 'tokens', title: 'Service tokens', icon: 'M10 6.5a3 3 0 1 1-1.2-2.4M8.5 7.5 3 13v-2.5h2.5V8', load: () => import('./tokens.mjs') },
  { name: 'webhooks', title: 'Webhooks', icon: 'M5 4.5a3 3 0 1 1 4.6 2.5l2 3.5M8 5 5.5 10.5M3 12a2.5 2.5 0 0 0 5 0h4a2 2 0 1 0 .5-2.5', load: () => import('./webhooks.mjs') },
  { name: 'account', title: 'My account', icon: 'M4 7V5a4 4 0 0 1 8 0v2M3 7h10v7H3z', load: () => import('./account.mjs') }
]
const themePlace = 'pulsar-console-theme'
const themes = { '': 'System theme', light: 'Light theme', dark: 'Dark theme' }

const strokes = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }

const glyph = path => svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true', ...strokes }, svg('path', { d: path }))

const view = el('main.view', { id: 'view', tabindex: -1 })
let leaving = new AbortController()

// Signing in and out

element('sign-in').addEventListener('submit', async event => {
  event.preventDefault()
  const [username, password, send, failure] = ['username', 'password', 'sign-in-button', 'sign-in-failure'].map(element)
  failure.textContent = ''
  send.disabled = true
  try {
    await api.signIn(username.value, password.value)
    password.value = ''
    enter()
  } catch (error) {
    failure.textContent = error.message
    password.select()
  } finally {
    send.disabled = false
  }
})

showWays(element('other-ways'), enter)

function enter () {
  element('entrance').hidden = true
  element('shell').replaceChildren(...frame())
  element('shell').hidden = false
  sampler.start()
  route()
}

api.addEventListener('ended', ({ detail }) => {
  leaving.abort()
  sampler.stop()
  for (const dialog of document.querySelectorAll('dialog')) dialog.close()
  view.replaceChildren()
  element('shell').replaceChildren()
  element('shell').hidden = true
  element('entrance').hidden = false
  element('sign-in-notice').textContent = detail || 'You are signed out.'
  document.title = 'Sign in – Pulsar Relay'
  element('username').focus()
})

addEventListener('pagehide', event => { if (!event.persisted) api.abandon() })

// The frame

function frame () {
  const skip = button('Skip to the page', () => view.focus(), { kind: 'skip' })
  const icon = el('img', { src: new URL('icon.svg', import.meta.url).href, alt: '', width: 24, height: 24 })
  const who = el('span.push.dim.clip.who', { title: api.user.username }, api.user.username)
  const bar = el('header.bar', {}, el('a.brand', { href: '#/overview' }, icon, 'Pulsar Relay'), who, themeButton(),
    button('Sign out', () => api.signOut(), { id: 'sign-out' }))
  const link = ({ name, icon, title }) => el('a', { href: `#/${name}`, 'data-page': name }, glyph(icon), title)
  const nav = el('nav.nav', { 'aria-label': 'Pages' }, allowed().map(link))
  return [skip, bar, nav, view]
}

const allowed = () => pages.filter(({ permission }) => !permission || api.may(permission))

function themeButton () {
  const node = el('button.icon', { type: 'button', id: 'theme', onclick: () => change() }, glyph('M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12'))
  const name = () => {
    const text = themes[document.documentElement.dataset.theme ?? '']
    node.title = text
    node.setAttribute('aria-label', `${text}. Change the theme`)
  }
  const change = () => {
    const order = Object.keys(themes)
    const next = order[(order.indexOf(document.documentElement.dataset.theme ?? '') + 1) % order.length]
    if (next) document.documentElement.dataset.theme = next
    else delete document.documentElement.dataset.theme
    try {
      if (next) localStorage.setItem(themePlace, next)
      else localStorage.removeItem(themePlace)
    } catch {}
    name()
  }
  name()
  return node
}

// Which page

async function route () {
  if (!api.user) return
  leaving.abort()
  leaving = new AbortController()
  const { signal } = leaving
  const [name, rest] = place()
  const page = allowed().find(page => page.name === name)
  for (const link of document.querySelectorAll('.nav a')) {
    if (link.dataset.page !== name) {
      link.removeAttribute('aria-current')
      continue
    }
    link.setAttribute('aria-current', 'page')
  }
  reveal()
  view.className = 'view'
  view.replaceChildren(loading())
  view.scrollTop = 0
  if (!page || (rest !== null && !page.one && !page.filters)) {
    return view.replaceChildren(el('h1', { tabindex: -1 }, 'There is no such page'), el('p', {}, el('a', { href: '#/overview' }, 'Overview')))
  }
  document.title = `${page.filters ? page.title : rest ?? page.title} – Pulsar Relay`
  try {
    const module = await (rest === null || page.filters ? page.load() : page.one())
    if (signal.aborted) return
    view.replaceChildren()
    module.open({ view, signal, name: rest })
    view.querySelector('h1')?.focus({ preventScroll: true })
  } catch (error) {
    if (!signal.aborted) view.replaceChildren(failed(error, route))
  }
}

/** Where the pages' names don't all fit, the open one's is in sight. */
const reveal = () => document.querySelector('.nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })

/** The page that the address names, and what of it. */
function place () {
  const [, name, rest] = /^#\/([a-z]+)(?:\/(.+))?$/.exec(location.hash) ?? [null, 'overview', undefined]
  try {
    return [name, rest === undefined ? null : decodeURIComponent(rest)]
  } catch {
    return ['', null]
  }
}

addEventListener('hashchange', route)
addEventListener('resize', reveal)
