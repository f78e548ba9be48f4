// The console shows what others wrote as text, whatever it is. Its rules stop what is not its own, and other origins get nothing of it.

const http = require('http')
const { withChromium } = require('./chromium.js')
const { Console } = require('./console_page.js')
const { call, check, equal, eventually, login, newName, pause, run, url } = require('./relay.js')

const hostile = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
// No longer than a username may be.
const name = '"><img src=x onerror=window.ran=1>'

async function fill (token) {
  const topic = newName('hostile')
  await call('POST', '/api/v1/topics', token, { topic_name: topic, description: hostile }, 201)
  await call('POST', '/api/v1/messages', token, { topic, payload: { [hostile]: hostile }, metadata: { [hostile]: hostile } }, 201)
  const { user_id: user } = await call('POST', '/auth/register', token, { username: name, password: 'a password', email: hostile, permissions: ['read'] }, 201)
  await call('POST', `/api/v1/topics/${topic}/permissions`, token, { user_id: user }, 201)
  const session = await call('POST', '/v1/sessions', token, { host_id: hostile, metadata: { title: hostile } }, 200)
  const join = { peer_id: hostile, join_token: session.join_token, profile: { name: hostile } }
  const { ticket } = await call('POST', `/v1/sessions/${session.session_id}/join`, token, join, 200)
  await call('PUT', `/v1/sessions/${session.session_id}/locks/${encodeURIComponent('<b>lock</b>')}`, ticket, undefined, 201)
  const document = `${newName('hostile')} ${hostile}`
  const made = await fetch(`${url}/api/v1/documents/${encodeURIComponent(document)}`, { method: 'PUT', headers: { authorization: `Bearer ${token}` } })
  check(made.ok, `the document is made: ${made.status}`)
  await call('POST', '/auth/tokens', token, { label: hostile, topics: [topic], peer_id: hostile }, 201)
  const receiver = `https://hooks.example.org/?${new URLSearchParams({ q: '"><img src=x>' })}&'onerror='window.ran=1`
  await call('POST', '/api/v1/webhooks', token, { url: receiver, topic, label: hostile }, 201)
  await device(token)
  await fetch(`${url}/auth/login`, { method: 'POST', body: new URLSearchParams({ username: name, password: 'a password' }) })
  return { topic, session: session.session_id, document }
}

/** A device whose name is hostile is let in, on a page that shows its name. */
async function device (token) {
  const ask = (path, form) => fetch(url + path, { method: 'POST', body: new URLSearchParams(form) })
  const { user_code: code, device_code: secret } = await (await ask('/auth/device/code', { client_hint: hostile })).json()
  const page = await (await fetch(`${url}/auth/device?user_code=${code}`)).text()
  check(page.includes('&lt;img') && !page.includes('<img') && !page.includes('<script'), `the page for devices shows the name as text: ${page}`)
  const password = { username: process.env.RELAY_USERNAME, password: process.env.RELAY_PASSWORD }
  equal((await ask('/auth/device', { user_code: code, ...password })).status, 200, 'the status of letting the device in')
  const grant = 'urn:ietf:params:oauth:grant-type:device_code'
  equal((await ask('/auth/device/token', { grant_type: grant, device_code: secret })).status, 200, 'the status of the device\'s question')
}

/** Nothing of it is an element, and nothing ran. */
async function isText (view, where, expected) {
  await eventually(async () => (await view.page.text('#view')).includes(expected), `${where} shows ${expected} as it is`)
  equal(await view.page.evaluate('[window.ran === undefined, document.querySelectorAll("img[src=x], script:not([src]), #view b").length]'), [true, 0], `what runs in ${where}`)
}

async function pages (view, { topic, session, document }) {
  await view.visit('#/topics', 'Topics')
  await view.page.fill('#topic-search', topic)
  await isText(view, 'the list of topics', hostile)
  await view.visit(`#/topics/${topic}`, topic)
  await isText(view, 'the topic', hostile)
  await isText(view, 'its grants', name)
  await eventually(() => view.page.has('#view .message-list .line button'), 'the message is listed')
  await view.click('#view .message-list .line button')
  await view.shows('#message-payload', /window\.ran=1/)
  await view.press('Close', 'dialog[open]')
  await view.visit(`#/topics/${encodeURIComponent(hostile)}`, hostile)
  await isText(view, 'a topic that there is not', hostile)
  await view.visit('#/users', 'Users')
  await isText(view, 'the list of users', name)
  await view.page.fill('#user-search', '><img')
  await eventually(async () => (await view.rows()).length === 1, 'one user is found')
  await view.click('#view .line .link')
  await view.shows('dialog h2', `Change ${name}`)
  await view.press('Cancel', 'dialog[open]')
  await view.visit('#/sessions', 'Editing sessions')
  await view.visit(`#/sessions/${session}`, hostile)
  await isText(view, 'the session', '<b>lock</b>')
  await view.visit('#/documents', 'Documents')
  await isText(view, 'the list of documents', document)
  await view.visit(`#/documents/${encodeURIComponent(document)}`, document)
  await view.shows('#editor-state', 'Live')
  await isText(view, 'the editor', document)
  await view.visit('#/tokens', 'Service tokens')
  await isText(view, 'the service tokens', hostile)
  await view.visit('#/account', 'My account')
  await isText(view, 'the sign-ins', hostile)
  await view.visit('#/webhooks', 'Webhooks')
  await isText(view, 'the webhooks', hostile)
  await view.click('#view .line .link')
  await view.shows('dialog[open]', /onerror/)
  await view.press('Close', 'dialog[open]')
  await view.visit('#/audit', 'Audit log')
  await view.lists('user.create')
  await view.press('user.create', '#view .line')
  await view.shows('dialog[open]', /onerror=window\.ran=1/)
  await view.press('Close', 'dialog[open]')
  for (const [page, title] of [['nodes', 'Nodes'], ['connections', 'Connections'], ['configuration', 'Configuration']]) {
    await view.visit(`#/${page}`, title)
    await view.visit(`#/${page}/${encodeURIComponent(hostile)}`, ['connections'].includes(page) ? title : 'There is no such page')
    await eventually(async () => (await view.page.text('#view')).length > 0, `${page} shows something`)
    equal(await view.page.evaluate('window.ran'), undefined, `what has run in ${page}`)
  }
  equal(await view.page.evaluate('window.ran'), undefined, 'what has run')
  view.isSound()
}

const spoiled = value => {
  if (typeof value === 'string') return hostile
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(spoiled)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, spoiled(member)]))
}

/** Every text of every answer is hostile: what nobody can name, such as nodes, addresses, states and what is configured, too. */
async function answers (view, { topic, session }) {
  const { page } = view
  const paths = ['/api/*', '/v1/*', '/auth/users*', '/auth/tokens*', '/auth/sessions*', '/health', '/ready']
  // Charts are of numbers.
  await page.rewrites(paths.map(path => url + path), (answer, address) => address.includes('/history') ? answer : spoiled(answer))
  const places = [
    ['overview', 'Overview'], ['topics', 'Topics'], [`topics/${topic}`, null], ['documents', 'Documents'], ['users', 'Users'], ['sessions', 'Editing sessions'],
    [`sessions/${session}`, hostile], ['nodes', 'Nodes'], ['connections', 'Connections'], ['audit', 'Audit log'], ['configuration', 'Configuration'],
    ['tokens', 'Service tokens'], ['webhooks', 'Webhooks'], ['account', 'My account']
  ]
  for (const [place, title] of places) {
    await view.page.evaluate('document.querySelector("#view h1").textContent = "before"')
    if (title) await view.visit(`#/${place}`, title)
    else await page.evaluate(`location.hash = "#/${place}"`)
    await isText(view, `${place}, of which every text is hostile,`, '<script>window.ran=1</script>')
    // What a row opens shows the rest of it.
    const opener = '#view .line .link'
    if (!(await page.has(opener))) continue
    await view.click(opener)
    await eventually(() => page.has('dialog[open]'), `${place}: a dialog opens`)
    equal(await page.evaluate('document.querySelectorAll("dialog img, dialog script").length'), 0, `elements in the dialog of ${place}`)
    await page.evaluate('document.querySelector("dialog[open]").close()')
  }
  equal(await page.evaluate('window.ran'), undefined, 'what has run')
  await page.rewrites([], null)
  view.isSound()
}

/** Providers to sign in at: their names are text, and no address leads elsewhere or is a script. */
async function providers (browser) {
  const page = await browser.open('about:blank')
  const told = ['/auth/oidc/x/login', 'javascript:window.ran=1', 'https://elsewhere.example.org/', '//elsewhere.example.org/']
  await page.rewrites([`${url}/auth/oidc/providers`], () => told.map(login_url => ({ name: hostile, display_name: hostile, login_url })))
  await page.call('Page.navigate', { url: `${url}/console` })
  await eventually(() => page.has('#other-ways a'), 'a provider is shown')
  const addresses = await page.evaluate('[...document.querySelectorAll("#other-ways a")].map(({ href }) => new URL(href).origin)')
  check(addresses.every(origin => origin === url), `where providers lead to: ${addresses}`)
  equal(await page.text('#other-ways a'), `Sign in with ${hostile}`, 'what a provider is called')
  equal(await page.evaluate('[window.ran === undefined, document.querySelectorAll("#other-ways img, #other-ways script").length]'), [true, 0], 'what runs before signing in')
}

/** The page's own rules: a script, a style and markup that something might bring in do nothing, and are told of. */
async function rules (view) {
  const { page } = view
  await page.evaluate(`{
    const script = document.createElement('script')
    script.setAttribute('nonce', 'x')
    try { script.textContent = 'window.ran = 2' } catch {}
    document.body.append(script)
    document.querySelector('h1').setAttribute('style', 'color: red')
  }`)
  equal(await page.evaluate(`(() => { try { document.body.innerHTML = '<p>x'; return 'taken' } catch (error) { return error.name } })()`), 'TypeError', 'markup from a text')
  equal(await page.evaluate('fetch("https://example.org/").then(() => "sent", error => error.name)'), 'TypeError', 'a request to another origin')
  equal(await page.evaluate('window.ran'), undefined, 'what an inline script did')
  await eventually(() => page.complaints.some(text => text.includes('style-src')), 'the browser tells of the style')
}

/** A page of another origin, while somebody is signed in here. */
async function elsewhere (browser, token) {
  const server = http.createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/html' })
    answer.end(`<!doctype html><title>Elsewhere</title><iframe src="${url}/console"></iframe>`)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    const page = await browser.open(`http://localhost:${server.address().port}/`)
    await eventually(() => page.complaints.some(text => text.includes('frame-ancestors')), 'the console is shown in no frame')
    const asked = path => page.evaluate(`fetch('${url}${path}', { credentials: 'include' }).then(reply => reply.text(), error => error.name)`)
    for (const path of ['/console', '/auth/me', '/auth/sessions']) equal(await asked(path), 'TypeError', `what another origin reads of ${path}`)
    const topic = newName('forged')
    await page.evaluate(`fetch('${url}/api/v1/messages', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"topic":"${topic}","payload":{}}' })`)
    await pause(200)
    await call('GET', `/api/v1/topics/${topic}`, token, undefined, 404)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function headers () {
  const reply = await fetch(`${url}/console`)
  equal(reply.headers.get('content-type'), 'text/html; charset=utf-8', 'the type of the page')
  const policy = reply.headers.get('content-security-policy')
  for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
    check(policy.split('; ').includes(rule), `the policy has ${rule}: ${policy}`)
  }
  const html = await reply.text()
  check(!/<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|https?:\/\//i.test(html), 'the page has no script, style or address of its own in it')
}

run(() => withChromium(async browser => {
  await headers()
  const token = await login()
  const view = await Console.open(browser)
  await view.signIn()
  const filled = await fill(token)
  await pages(view, filled)
  await answers(view, filled)
  await elsewhere(browser, token)
  await providers(browser)
  await rules(view)
}))
