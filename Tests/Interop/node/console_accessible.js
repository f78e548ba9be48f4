// The console for everybody: each page has what screen readers need, can be read in both themes and used at both sizes, and all is done by keyboard.

const { isAccessible, tabsThrough } = require('./accessible.js')
const { withChromium } = require('./chromium.js')
const { Console } = require('./console_page.js')
const { call, check, equal, eventually, login, newName, pause, register, run, url } = require('./relay.js')

// Fingers need larger targets than a mouse.
const sizes = [{ width: 1280, height: 800, isTouched: false, least: 24 }, { width: 390, height: 844, isTouched: true, least: 38 }]
const themes = ['light', 'dark']

/** Something in every list. */
async function fill (token) {
  const topic = newName('open-to-all')
  await call('POST', '/api/v1/topics', token, { topic_name: topic, description: 'What everybody reads', is_public: true }, 201)
  await call('POST', '/api/v1/messages', token, { topic, payload: { text: 'hello' }, metadata: { from: 'here' } }, 201)
  await call('PUT', `/api/v1/topics/${topic}/readers/worker`, token, { cursor: 'earliest' }, 201)
  const other = await register(token)
  await call('POST', `/api/v1/topics/${topic}/permissions`, token, { user_id: other.id }, 201)
  await call('POST', '/auth/tokens', token, { label: 'nightly build', topics: [topic] }, 201)
  await call('POST', '/api/v1/webhooks', token, { url: 'https://hooks.example.org/', topic, label: 'a server' }, 201)
  await call('PUT', '/api/v1/documents/notes', token)
  const session = await call('POST', '/v1/sessions', token, { host_id: 'ada', metadata: { title: 'Plan' } }, 200)
  const { ticket } = await call('POST', `/v1/sessions/${session.session_id}/join`, token, { peer_id: 'ada', join_token: session.join_token }, 200)
  await call('PUT', `/v1/sessions/${session.session_id}/locks/shape`, ticket, undefined, 201)
  return { topic, session: session.session_id }
}

/** What each page is at, its heading, and what it shows once all is there. */
const places = ({ topic, session }) => [
  ['#/overview', 'Overview', '#memory table'],
  ['#/topics', 'Topics', '.line'],
  [`#/topics/${topic}`, topic, '#grants li'],
  ['#/topics/there-is-none', 'there-is-none', '[role=alert]'],
  ['#/documents', 'Documents', '.line'],
  ['#/documents/notes', 'notes', '#document-text:not(:read-only)'],
  ['#/users', 'Users', '.line'],
  ['#/sessions', 'Editing sessions', '.line'],
  [`#/sessions/${session}`, 'Plan', 'table[aria-label=Locks]'],
  ['#/nodes', 'Nodes', 'meter'],
  ['#/connections', 'Connections', '.line'],
  ['#/connections/kind%3Dtunnel%26node%3Dnone', 'Connections', '.chip'],
  ['#/audit', 'Audit log', '.line'],
  ['#/audit/action%3Dtopic.%26target%3Dnone', 'Audit log', '.state'],
  ['#/configuration', 'Configuration', '.keys li'],
  ['#/tokens', 'Service tokens', '.line'],
  ['#/webhooks', 'Webhooks', '.line'],
  ['#/account', 'My account', '#tokens tr']
]

async function looks (page, { width, height, isTouched }, theme) {
  await page.call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: isTouched })
  await page.call('Emulation.setTouchEmulationEnabled', { enabled: isTouched })
  await page.call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: theme }] })
}

async function inAllLooks (view, where) {
  for (const size of sizes) {
    for (const theme of themes) {
      await looks(view.page, size, theme)
      // Lists are drawn anew for their new size.
      await view.page.evaluate('new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
      await isAccessible(view.page, `${where}, ${size.width} px, ${theme}`, size.least)
    }
  }
  await looks(view.page, sizes[0], themes[0])
}

async function pages (view, filled) {
  for (const [hash, title, last] of places(filled)) {
    await view.visit(hash, title)
    await eventually(() => view.page.has(`#view ${last}`), `${hash} shows ${last}`)
    await eventually(async () => !(await view.page.has('#view .loading')), `${hash} is loaded`)
    await inAllLooks(view, hash)
    check(await tabsThrough(view.page, hash, '.skip') > 10, `${hash}: the Tab key goes through the page`)
  }
}

/** The dialogs, each by what opens it. */
async function dialogs (view, { topic, session }) {
  const each = [
    ['#/topics', 'Topics', '#new-topic'], ['#/topics', 'Topics', '#view .line .tools button'], [`#/topics/${topic}`, topic, '#view .message-list .line button'],
    ['#/users', 'Users', '#new-user'], ['#/users', 'Users', '#view .line .link'], ['#/sessions', 'Editing sessions', '#new-session'],
    [`#/sessions/${session}`, 'Plan', '#invite'], ['#/audit', 'Audit log', '#view .line .link'], ['#/tokens', 'Service tokens', '#new-token'],
    ['#/tokens', 'Service tokens', '#view .line .link'], ['#/webhooks', 'Webhooks', '#new-webhook'], ['#/webhooks', 'Webhooks', '#view .line .link'],
    ['#/account', 'My account', '#change-password'], ['#/connections', 'Connections', '#view .line .link'], ['#/documents', 'Documents', '#new-document']
  ]
  for (const [hash, title, opener] of each) {
    await view.visit(hash, title)
    await eventually(() => view.page.has(opener), `${hash} has ${opener}`)
    await view.page.focus(opener)
    await view.page.press('Enter', 13, '\r')
    await eventually(() => view.page.has('dialog[open]'), `${opener} opens a dialog by keyboard`)
    await inAllLooks(view, `${hash}, the dialog of ${opener}`)
    check(await view.page.evaluate('document.activeElement.closest("dialog") !== null'), `${opener}: the focus is in the dialog`)
    await tabsThrough(view.page, `the dialog of ${opener}`, 'dialog[open] button')
    await view.page.press('Escape', 27)
    await view.closed()
    await eventually(() => view.page.evaluate(`document.activeElement.matches(${JSON.stringify(opener)})`), `${hash}: ${opener} has the focus again`)
  }
}

const focused = page => page.evaluate('[document.activeElement.localName, document.activeElement.innerText ?? ""]')

/** Goes on with the Tab key until a control is called so, and presses it. */
async function goTo (page, name) {
  for (let step = 0; step < 80; step += 1) {
    await page.press('Tab', 9)
    if ((await page.evaluate('(document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText ?? "").trim()')) === name) {
      return page.press('Enter', 13, '\r')
    }
  }
  check(false, `the Tab key comes to ${name}`)
}

/** A topic is made, found, written to and deleted, a grant is given and taken, and all that by keyboard alone. */
async function byKeyboard (view, other) {
  const { page } = view
  const name = newName('by-keyboard')
  await page.evaluate('document.activeElement.blur()')
  await goTo(page, 'Topics')
  await eventually(async () => (await view.heading()) === 'Topics', 'the page of topics opens')
  await goTo(page, 'New topic')
  await eventually(() => page.has('dialog[open]'), 'the form opens')
  await page.type(name)
  await page.press('Enter', 13, '\r')
  await view.closed()
  await view.lists(name)
  await goTo(page, name)
  await eventually(async () => (await view.heading()) === name, 'the topic opens')
  await eventually(async () => (await focused(page))[0] === 'h1', 'the heading has the focus')
  await eventually(() => page.has('#grants p'), 'the page is there')
  await page.press('Tab', 9)
  await goTo(page, 'Publish')
  await view.shows('#published', /^Published/)
  await page.focus('#view [name=username]')
  await page.type(other.username)
  await page.press('Enter', 13, '\r')
  await view.shows('#grants', new RegExp(other.username))
  await goTo(page, `Revoke the access of ${other.username}`)
  await goTo(page, 'Revoke')
  await view.closed()
  await view.shows('#grants', 'Nobody yet.')
  await eventually(async () => (await focused(page))[0] === 'h1', 'the heading has the focus once what had it is gone')
  await page.focus('#delete-topic')
  await page.press('Enter', 13, '\r')
  await goTo(page, 'Delete')
  await eventually(async () => (await view.heading()) === 'Topics', 'the list is shown after the deletion')
}

/** The page on which somebody lets a device in. */
async function devicePages (browser) {
  const answer = await fetch(`${url}/auth/device/code`, { method: 'POST', body: new URLSearchParams({ client_hint: 'a device' }) })
  const { user_code: code } = await answer.json()
  for (const [path, field] of [['/auth/device', '#user_code'], [`/auth/device?user_code=${code}`, '#password']]) {
    const page = await browser.open(url + path)
    await eventually(() => page.has(field), `${path} is there`)
    await inAllLooks({ page }, path)
    check(await tabsThrough(page, path, field) > 0, `${path}: the Tab key goes through the page`)
  }
}

/** What is done is told to screen readers, and what went wrong. */
async function told (view) {
  await eventually(() => view.page.has('#view .foot'), 'the list is there')
  const roles = await view.page.evaluate('[document.querySelector("#toasts").getAttribute("role"), document.querySelector("#view .foot").getAttribute("role")]')
  equal(roles, ['status', 'status'], 'roles of what tells of something')
  await view.visit('#/topics/there-is-none', 'there-is-none')
  await view.shows('#view [role=alert]', /This did not work/)
  // What is tried again by itself, and fails again, is not told again.
  await view.page.call('Network.enable')
  await view.page.call('Network.setBlockedURLs', { urls: ['*/admin/nodes*'] })
  await view.visit('#/nodes', 'Nodes')
  await view.shows('#view [role=alert]', /can’t be reached/)
  await view.page.evaluate('window.told = document.querySelector("#view [role=alert]"); document.querySelector("#view [role=alert] button").focus()')
  const asked = () => view.page.evaluate('performance.getEntriesByType("resource").filter(({ name }) => name.includes("admin/nodes")).length')
  const before = await asked()
  await eventually(async () => (await asked()) > before, 'it is tried again')
  await pause(200)
  equal(await view.page.evaluate('[window.told.isConnected, document.activeElement.textContent]'), [true, 'Try again'], 'what has failed twice')
  await view.page.call('Network.setBlockedURLs', { urls: [] })
}

run(() => withChromium(async browser => {
  const token = await login()
  const filled = await fill(token)
  const other = await register(token)
  const view = await Console.open(browser)
  await inAllLooks(view, 'signing in')
  check(await tabsThrough(view.page, 'signing in', '#username') >= 3, 'the Tab key goes through the form')
  await view.submit(process.env.RELAY_USERNAME, 'wrong')
  await view.shows('#sign-in-failure', 'Incorrect username or password')
  await inAllLooks(view, 'signing in after a wrong password')
  await view.signIn()
  await pages(view, filled)
  await dialogs(view, filled)
  await byKeyboard(view, other)
  await told(view)
  await devicePages(browser)
  view.isSound()
}))
