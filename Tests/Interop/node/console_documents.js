// Documents in the console's editor: with others who use Yjs' own provider, for readers, and for who is put out.

const { withChromium } = require('./chromium.js')
const { Console } = require('./console_page.js')
const { call, check, equal, eventually, login, newName, open, register, run, synced, url } = require('./relay.js')

const area = '#document-text'
const value = view => view.page.value(area)
const hasText = (view, text) => eventually(async () => (await value(view)) === text, `the editor shows ${JSON.stringify(text)}`)
const isWritable = view => view.page.evaluate(`!document.querySelector('${area}').readOnly`)

async function edited (view, name, token) {
  await view.visit('#/documents', 'Documents')
  await view.click('#new-document')
  await view.page.fill('dialog[open] [name=name]', name)
  await view.press('Create', 'dialog[open]')
  await view.closed()
  await view.shows('#editor-state', 'Live')
  await eventually(() => isWritable(view), 'the text can be edited')
  await view.page.focus(area)
  await view.page.type('hello')
  const peer = open(encodeURIComponent(name), { token })
  await synced(peer)
  await eventually(() => peer.text.toString() === 'hello', 'the other has what was typed')
  // Both at once, at different places: both stay.
  await view.page.focus(area, 5)
  await view.page.type(' world')
  peer.text.insert(0, '→ ')
  await hasText(view, '→ hello world')
  await eventually(() => peer.text.toString() === '→ hello world', 'the other has it too')
  // The caret stays where it was in the text.
  await view.page.type('!')
  await hasText(view, '→ hello world!')
  await view.page.focus(area, 0, 2)
  await view.page.press('Delete', 46)
  await eventually(() => peer.text.toString() === 'hello world!', 'what was deleted is gone for the other')
  return peer
}

/** Who is there, and where, as both sides tell. */
async function together (view, peer) {
  const hostile = '<b>Ada</b>'
  peer.awareness.setLocalStateField('user', { name: hostile, color: '#a40e26' })
  await view.shows('#people', new RegExp(hostile.replace('/', '\\/')))
  equal(await view.page.evaluate('document.querySelectorAll("#people b").length'), 0, 'a name is text')
  await eventually(() => [...peer.awareness.getStates().values()].some(({ user }) => user?.name === process.env.RELAY_USERNAME), 'the other sees who is in the console')
}

async function otherRoots (view, peer) {
  peer.doc.getText('notes').insert(0, 'a second text')
  peer.map.set('answer', 42)
  await view.press('Another', '#view')
  await view.answer({ root: 'notes' }, 'Open')
  await hasText(view, 'a second text')
  peer.doc.getText('notes').insertEmbed(0, { image: 'x' })
  await view.shows('#editor-notice', /more than text/)
  equal(await isWritable(view), false, 'whether a text with more in it can be changed')
}

/** Readers see all, and write nothing. */
async function reader (browser, name, token, peer) {
  const path = `/api/v1/documents/${encodeURIComponent(name)}`
  const { topic_name: topic } = await call('GET', path, token)
  await call('PUT', `/api/v1/topics/${encodeURIComponent(topic)}`, token, { is_public: true })
  const password = 'a password'
  for (const permissions of [['read'], ['read', 'write']]) {
    const username = newName('reader')
    await call('POST', '/auth/register', token, { username, password, permissions }, 201)
    const view = await Console.open(browser)
    await view.signIn(username, password)
    await view.visit(`#/documents/${encodeURIComponent(name)}`, name)
    await view.shows('#editor-state', 'Live')
    await hasText(view, peer.text.toString())
    await view.shows('#view .foot', /to be read only/)
    equal(await isWritable(view), false, 'whether a reader can write')
    peer.text.insert(0, '+')
    await hasText(view, peer.text.toString())
    view.isSound()
  }
  // Once it is private again, who reads it by being public alone is put out.
  const last = await Console.open(browser)
  const username = newName('late')
  await call('POST', '/auth/register', token, { username, password, permissions: ['read'] }, 201)
  await last.signIn(username, password)
  await last.visit(`#/documents/${encodeURIComponent(name)}`, name)
  await last.shows('#editor-state', 'Live')
  await call('PUT', `/api/v1/topics/${encodeURIComponent(topic)}`, token, { is_public: false })
  await last.shows('#editor-state', /Ended|Not connected/)
  await last.shows('#editor-notice', /Access denied|No such document/)
  await last.visit(`#/documents/${encodeURIComponent(name)}`, name).catch(() => {})
}

/** Nothing of Yjs is loaded before an editor is. */
async function loadsAlone (view) {
  const names = await view.page.evaluate('performance.getEntriesByType("resource").map(({ name }) => name).filter(name => name.includes("yjs.mjs") || name.includes("provider.mjs"))')
  equal(names, [], 'what of the editor is loaded before it is wanted')
}

run(() => withChromium(async browser => {
  const token = await login()
  const name = `${newName('notes')}/v1.2 & <b>`
  const view = await Console.open(browser)
  await view.signIn()
  await view.visit('#/documents', 'Documents')
  await view.shows('#view', /No documents yet/)
  await loadsAlone(view)
  const peer = await edited(view, name, token)
  await together(view, peer)
  await otherRoots(view, peer)
  await reader(browser, name, token, peer)
  // A window behind another draws no list.
  await view.page.call('Page.bringToFront')
  await view.visit('#/documents', 'Documents')
  await view.lists(name)
  // Who leaves the page is there no more.
  await eventually(() => [...peer.awareness.getStates().values()].every(({ user }) => user?.name !== process.env.RELAY_USERNAME), 'the console has left')
  check(url.length > 0, 'the relay is there')
  view.isSound()
}))
