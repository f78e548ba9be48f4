// The console: signing in, topics, messages as they come and back to the oldest, grants, users, and sign-ins.

const { withChromium } = require('./chromium.js')
const { Console } = require('./console_page.js')
const { call, check, equal, eventually, login, newName, register, run, url } = require('./relay.js')

const statusOf = async (path, token) => (await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })).status

async function signingIn (browser) {
  const view = await Console.open(browser)
  await view.submit(process.env.RELAY_USERNAME, 'wrong')
  await view.shows('#sign-in-failure', 'Incorrect username or password')
  equal(await view.page.evaluate('document.querySelector("#shell").hidden'), true, 'nobody is let in by a wrong password')
  await view.signIn()
  await eventually(async () => (await view.heading()) === 'Overview', 'the overview comes first')
  await view.shows('#health', /healthy[\s\S]*ready/)
  await eventually(() => view.page.evaluate('document.querySelectorAll("#charts path[d^=M]").length >= 8'), 'charts are drawn')
  await view.shows('#memory', /hot tier[\s\S]*all together/)
  // Nothing of the tokens is where another page of this origin finds it.
  equal(await view.page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]'), ['', 0, 0], 'what the browser keeps')
  return view
}

async function topics (view, name) {
  await view.visit('#/topics', 'Topics')
  await view.click('#new-topic')
  await view.answer({ topic_name: name, description: 'made here' }, 'Create')
  await view.lists(name)
  await view.visit(`#/topics/${name}`, name)
  await view.shows('#topic-description', 'made here')
  await view.click('#change-topic')
  await view.answer({ description: 'changed here', is_public: { it: true } }, 'Save')
  await view.shows('#topic-description', 'changed here')
  await view.shows('#view .head .badge', 'public')
}

async function messages (view, name, token) {
  await view.shows('#live-state', 'Live')
  // A number keeps its digits, which JavaScript's own would not.
  await view.page.fill('#payload', '{"from": "the console", "n": 12345678901234567890}')
  await view.click('#publish')
  await view.shows('#published', /^Published/)
  await view.lists('the console')
  const { messages: [stored] } = await call('GET', `/api/v1/topics/${name}/messages?limit=1`, token)
  equal(stored.payload.from, 'the console', 'what was published')
  await view.page.fill('#payload', 'no JSON')
  await view.click('#publish')
  await view.shows('#publish-failure', /^The payload is no JSON/)

  await call('POST', '/api/v1/messages', token, { topic: name, payload: { from: 'elsewhere' } }, 201)
  await view.lists('elsewhere')
  await view.click('#view .message-list .line button')
  await view.shows('#message-payload', /"from": "elsewhere"/)
  await view.press('Close', 'dialog[open]')
  await view.closed()

  for (let from = 0; from < 500; from += 100) {
    const bulk = Array.from({ length: 100 }, (_, index) => ({ topic: name, payload: { number: from + index } }))
    await call('POST', '/api/v1/messages/bulk', token, { messages: bulk }, 207)
  }
  await view.lists('"number":499')
  // A new window has the newest page, and goes back page by page to the first message.
  await view.visit('#/topics', 'Topics')
  await view.visit(`#/topics/${name}`, name)
  await view.lists('"number":499')
  await view.listsNo('the console')
  await eventually(async () => {
    await view.page.evaluate('document.querySelector("#view .window").scrollTop = 1e6')
    return (await view.rows()).some(row => row.includes('the console'))
  }, 'scrolling goes back to the first message')
  await view.shows('#view .foot', '502 loaded, back to the oldest that is kept')
  // What comes meanwhile waits until somebody goes to it.
  await call('POST', '/api/v1/messages', token, { topic: name, payload: { from: 'the last' } }, 201)
  await view.shows('#arrived', '1 new')
  await view.listsNo('the last')
  await view.click('#arrived')
  await view.lists('the last')
}

/** Named readers are shown with their lag, and whoever waits for messages by a poll is counted. */
async function readers (view, name, token) {
  await view.shows('#readers', /Nobody/)
  const path = `/api/v1/topics/${name}/readers/worker`
  await call('PUT', path, token, { cursor: 'earliest' }, 201)
  await view.shows('#readers', /worker\s+\d+ messages behind/)
  await call('PUT', path, token, { cursor: 'last' })
  await view.shows('#readers', /worker\s+up to date/)
  await view.press('Delete', '#readers')
  await view.answer({}, 'Delete')
  await view.shows('#readers', /Nobody/)
  const poll = call('POST', '/messages/poll', token, { topics: [name], timeout: 60 })
  await view.shows('#view .numbers', /1 poll waiting/)
  await call('POST', '/api/v1/messages', token, { topic: name, payload: { for: 'the poll' } }, 201)
  equal((await poll).messages.length, 1, 'messages of the poll')
}

async function grants (view, name, other) {
  await view.page.fill('#view [name=username]', 'nobody-of-this-name')
  await view.press('Grant')
  await view.shows('#grant-failure', 'User not found')
  await view.page.fill('#view [name=username]', other.username)
  await view.press('Grant')
  await view.shows('#grants', new RegExp(other.username))
  const publish = { topic: name, payload: { by: 'the other' } }
  await call('POST', '/api/v1/messages', other.token, publish, 201)
  await view.press('Revoke')
  await view.answer({}, 'Revoke')
  await view.shows('#grants', 'Nobody yet.')
  await call('POST', '/api/v1/messages', other.token, publish, 403)
}

async function users (view, token, browser) {
  const [username, password] = [newName('user').replaceAll('-', '_'), 'a first password']
  await view.visit('#/users', 'Users')
  await view.click('#new-user')
  await view.answer({ username, password, email: 'user@example.org', permissions: { write: false } }, 'Create')
  await view.page.fill('#user-search', username)
  await view.lists(username)
  await view.shows('#view .foot', /^1 of /)
  const mine = await login(username, password)
  const theirs = await Console.open(browser)
  await theirs.signIn(username, password)
  await theirs.visit('#/users', 'There is no such page')
  equal(await theirs.page.texts('.nav a'), ['Overview', 'Topics', 'Documents', 'Editing sessions', 'Service tokens', 'Webhooks', 'My account'], 'the pages of who is no administrator')
  const change = async values => {
    await view.click('#view .line .link')
    await view.answer(values, 'Save')
  }
  equal((await call('GET', '/auth/me', mine)).permissions, ['read'], 'the permissions that were ticked')
  await change({ permissions: { write: true } })
  equal((await call('GET', '/auth/me', mine)).permissions.sort(), ['read', 'write'], 'the permissions after the change')
  await change({ is_active: { it: false } })
  equal(await statusOf('/auth/me', mine), 403, 'the status of who is not active')
  await change({ is_active: { it: true }, password: 'a second password' })
  equal(await statusOf('/auth/me', mine), 401, 'the status with a token of the old password')
  await login(username, 'a second password')
  // The other window has nothing that is good any more.
  await theirs.page.evaluate('location.hash = "#/account"')
  await theirs.shows('#sign-in-notice', 'Your session has ended. Sign in again.')
  equal(await theirs.page.evaluate('document.querySelector("#shell").childElementCount'), 0, 'what is left of the pages')
  theirs.isSound()
  await view.press('Delete', '#view .line')
  await view.answer({}, 'Delete')
  await view.listsNo(username)
  check(!(await call('GET', '/auth/users', token)).some(user => user.username === username), 'the user is deleted')
}

/** The token that a dialog shows, which is then closed. */
async function shown (view) {
  const token = await eventually(() => view.page.evaluate('document.querySelector("dialog[open] textarea")?.value'), 'a token is shown')
  await view.press('Close', 'dialog[open]')
  await view.closed()
  return token
}

async function meetings (view, token) {
  await view.visit('#/sessions', 'Editing sessions')
  await view.click('#new-session')
  await view.page.fill('dialog[open] [name=host_id]', 'alice')
  await view.page.fill('dialog[open] [name=title]', 'Plan')
  await view.press('Create', 'dialog[open]')
  const hostToken = await shown(view)
  await view.click('#view .line a')
  await eventually(async () => (await view.heading()) === 'Plan', 'the session is shown')
  const session = await view.page.evaluate('location.hash.split("/")[2]')
  const join = (peer, invite) => call('POST', `/v1/sessions/${session}/join`, token, { peer_id: peer, join_token: invite }, 200)
  await join('alice', hostToken)
  await view.shows('#view', /alice\s+host/)
  await view.click('#invite')
  await view.press('Make the invite', 'dialog[open]')
  await join('bob', await shown(view))
  await view.shows('#view', /bob\s+editor/)
  await view.press('Role', '#view')
  await view.page.evaluate('document.querySelector("dialog[open] select").value = "observer"')
  await view.press('Save', 'dialog[open]')
  await view.shows('#view', /bob\s+observer/)
  await view.press('Put out', '#view')
  await view.answer({ reason: 'wrong room' }, 'Put out')
  await eventually(async () => !(await view.page.text('#view')).includes('bob'), 'the peer is put out')
  await view.press('Close session', '#view')
  await view.answer({}, 'Close it')
  await view.shows('#view .head .badge', /^clos/)
}

/** Another window's sign-in is revoked here, and that window is signed out once it needs a new token. */
async function signIns (view, browser) {
  const other = await Console.open(browser)
  await other.signIn()
  await view.visit('#/account', 'My account')
  await view.shows('#tokens', /this window/)
  const before = await view.page.evaluate('document.querySelectorAll("#tokens tbody tr").length')
  check(before >= 2, 'both windows are listed')
  await view.press('Revoke', '#tokens')
  await view.answer({}, 'Revoke')
  await eventually(async () => (await view.page.evaluate('document.querySelectorAll("#tokens tbody tr").length')) === before - 1, 'one sign-in is gone')
  await view.press('Revoke all others')
  await view.answer({}, 'Revoke')
  await view.shows('#tokens', /this window/)
  await eventually(async () => (await view.page.evaluate('document.querySelectorAll("#tokens tbody tr").length')) === 1, 'only this window is left')
  // Rows that are still to be drawn are not: nobody is signed in any more who they could be of.
  const topic = newName('listed')
  await call('POST', '/api/v1/topics', await login(), { topic_name: topic }, 201)
  await view.visit('#/topics', 'Topics')
  await view.lists(topic)
  await view.page.fill('#topic-search', 'no topic of that name')
  await view.shows('#view', /No match/)
  // The search waits for 60 ms before it shows what it finds.
  await view.page.evaluate(`{
    const search = document.querySelector('#topic-search')
    search.value = ''
    search.dispatchEvent(new Event('input'))
    setTimeout(() => document.querySelector('#sign-out').click(), 60)
  }`)
  await view.shows('#sign-in-notice', 'You are signed out.')
  equal(await view.page.evaluate('document.querySelector("#shell").childElementCount'), 0, 'nothing is left in the page')
  other.isSound()
}

run(() => withChromium(async browser => {
  const token = await login()
  const other = await register(token)
  const name = newName('console')
  const view = await signingIn(browser)
  await topics(view, name)
  await messages(view, name, token)
  await readers(view, name, token)
  await grants(view, name, other)
  await users(view, token, browser)
  await meetings(view, token)
  await view.visit(`#/topics/${name}`, name)
  await view.click('#delete-topic')
  await view.answer({}, 'Delete')
  await eventually(async () => (await view.heading()) === 'Topics', 'the list is shown after the deletion')
  equal(await statusOf(`/api/v1/topics/${name}`, token), 404, 'the status of the deleted topic')
  await signIns(view, browser)
  view.isSound()
}))
