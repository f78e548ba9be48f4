// The console for administrators: all topics and sessions, others' sign-ins, nodes, connections, the audit log and the configuration.
// With OTHER_URL it is about two relays that share a store.

const { withChromium } = require('./chromium.js')
const { Console } = require('./console_page.js')
const { WebSocket, call, check, equal, eventually, login, newName, register, run, url } = require('./relay.js')

const choose = (view, name, value) => view.page.evaluate(`{
  const choice = document.querySelector('#view [name=${name}]')
  choice.value = ${JSON.stringify(value)}
  choice.dispatchEvent(new Event('change'))
}`)

async function allTopics (view, other) {
  const topic = newName('theirs')
  await call('POST', '/api/v1/topics', other.token, { topic_name: topic }, 201)
  await call('POST', '/api/v1/messages', other.token, { topic, payload: {} }, 201)
  await view.visit('#/topics', 'Topics')
  await view.listsNo(topic)
  await choose(view, 'whose', 'all')
  await view.page.fill('#topic-search', topic)
  await view.lists(topic)
}

async function allSessions (view, other) {
  const { session_id: id } = await call('POST', '/v1/sessions', other.token, { host_id: 'ada' }, 200)
  await view.visit('#/sessions', 'Editing sessions')
  await choose(view, 'whose', 'all')
  await view.lists(id)
}

async function signIns (view, other) {
  await view.visit('#/users', 'Users')
  await view.page.fill('#user-search', other.username)
  await eventually(async () => (await view.rows()).length === 1, 'one user is found')
  await view.click('#view .line .link')
  await view.press('Sign-ins', 'dialog[open]')
  await view.shows('dialog[open]', /password-login/)
  await view.press('Revoke', 'dialog[open]')
  // The question is a dialog above the other.
  await eventually(() => view.page.evaluate('document.querySelectorAll("dialog[open]").length === 2'), 'it is asked whether to')
  await view.press('Revoke', 'dialog[open]:last-of-type')
  await view.shows('dialog[open]', /No sign-ins/)
  await view.press('Close', 'dialog[open]')
  equal(await call('GET', '/auth/sessions', other.token), [], 'the other’s sign-ins')
}

async function nodes (view, count) {
  await view.visit('#/nodes', 'Nodes')
  await view.shows('#view', /Store[\s\S]*For clients[\s\S]*Connections/)
  await eventually(async () => (await view.page.text('#view .head')).includes(count === 1 ? '1 relay' : `${count} relays`), `${count} nodes are shown`)
  await view.shows('#view', /healthy/)
}

async function connections (view, other) {
  const topic = newName('watched')
  await call('POST', '/api/v1/topics', other.token, { topic_name: topic }, 201)
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?topics=${topic}`, { headers: { authorization: `Bearer ${other.token}` } })
  const closed = new Promise(resolve => socket.on('close', resolve))
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  await view.visit(`#/connections/${encodeURIComponent(new URLSearchParams({ kind: 'ws', user_id: other.id }))}`, 'Connections')
  await eventually(async () => (await view.rows()).length === 1, 'the connection is listed, alone')
  await view.lists(other.username)
  await view.press('End', '#view .line')
  await view.answer({}, 'End it')
  equal(await closed, 1008, 'the code by which the WebSocket was closed')
  await view.shows('#view', /No connections/)
}

async function audit (view, other) {
  await view.visit('#/audit', 'Audit log')
  await view.lists('connection.end')
  await choose(view, 'action', 'topic.')
  await view.lists('topic.create')
  await view.listsNo('connection.end')
  await view.click('#view .line button')
  await view.shows('dialog[open]', new RegExp(`topic\\.create[\\s\\S]*${other.username}`))
  await view.press('Close', 'dialog[open]')
  // A user is shown by its name.
  await choose(view, 'action', 'user.')
  await view.lists(other.username)
}

async function configuration (view) {
  await view.visit('#/configuration', 'Configuration')
  await view.page.fill('#key-search', 'jwt_secret')
  await view.shows('#view', /jwt_secret_key[\s\S]*set/)
  const text = await view.page.text('#view')
  check(!text.includes('a secret for the interop tests'), 'no secret is shown')
  await view.page.fill('#key-search', '')
  await view.click('#reload-config')
  await view.press('Read it', 'dialog[open]')
  await view.shows('dialog[open]', /The configuration was read/)
  await view.press('Close', 'dialog[open]')
}

/** Charts go back to before somebody signed in. */
async function history (browser) {
  const view = await Console.open(browser)
  await view.signIn()
  await eventually(() => view.page.evaluate('document.querySelectorAll("#charts path[d^=M]").length >= 8'), 'charts are drawn')
  view.isSound()
}

run(() => withChromium(async browser => {
  const token = await login()
  const other = await register(token)
  const view = await Console.open(browser)
  await view.signIn()
  await allTopics(view, other)
  await allSessions(view, other)
  await nodes(view, process.env.OTHER_URL ? 2 : 1)
  await connections(view, other)
  await audit(view, other)
  await configuration(view)
  await history(browser)
  await signIns(view, other)
  view.isSound()
}))
