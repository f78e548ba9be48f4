// The console: service tokens, one's own password, and signing in by another device.

const { withChromium } = require('./chromium.js')
const { Console } = require('./console_page.js')
const { call, check, equal, eventually, login, newName, register, run, statusOf, url } = require('./relay.js')

const socketOf = (topic, token) => statusOf(`${url.replace('http', 'ws')}/ws?topics=${topic}`, { headers: { authorization: `Bearer ${token}` } })

/** The token that a dialog shows, which is then closed. */
async function shown (view) {
  const token = await eventually(() => view.page.evaluate('document.querySelector("dialog[open] textarea[readonly]")?.value'), 'a token is shown')
  await view.press('Close', 'dialog[open]')
  await view.closed()
  return token
}

async function tokens (view, admin) {
  const topic = newName('scoped')
  await call('POST', '/api/v1/topics', admin, { topic_name: topic }, 201)
  await view.visit('#/tokens', 'Service tokens')
  await view.shows('#view', /No service tokens/)
  await view.click('#new-token')
  const lives = await view.page.evaluate('[...document.querySelectorAll("dialog[open] [name=expires_in] option")].map(({ value }) => value)')
  check(lives.includes('2592000') && !lives.includes('31536000'), `no life is offered that the relay does not give: ${lives}`)
  // What the relay refuses is said where it was asked for.
  await view.press('Make the token', 'dialog[open]')
  await view.shows('dialog[open] .failure', 'Name a topic or a prefix')
  await view.page.fill('dialog[open] [name=topics]', `${topic}\nnot a name`)
  await view.press('Make the token', 'dialog[open]')
  await view.shows('dialog[open] .failure', /No topic that a service token opens has such a name/)
  await view.page.fill('dialog[open] [name=topics]', topic)
  await view.page.fill('dialog[open] [name=label]', 'for the back end')
  await view.page.fill('dialog[open] [name=peer_id]', 'display 7')
  await view.page.evaluate('document.querySelector("dialog[open] [name=expires_in]").value = "3600"')
  await view.press('Make the token', 'dialog[open]')
  const token = await shown(view)
  await view.lists('for the back end')
  equal(await socketOf(topic, token), 101, 'the status of a WebSocket with the token')
  const [listed] = await call('GET', '/auth/tokens', admin)
  equal([listed.topics, listed.permissions, listed.peer_id], [[topic], ['read'], 'display 7'], 'what the token may')
  check(!(await view.page.text('#view')).includes(token), 'the token is in the page no more')
  await view.page.fill('#token-search', 'nothing like it')
  await view.shows('#view .foot', '0 of 1 token')
  await view.page.fill('#token-search', '')
  await view.press('Revoke', '#view .line')
  await view.answer({}, 'Revoke')
  await view.shows('#view', /No service tokens/)
  equal(await socketOf(topic, token), 401, 'the status with the revoked token')
}

/** An administrator sees the tokens of others. */
async function ofOthers (view, other) {
  const { id } = await call('POST', '/auth/tokens', other.token, { label: 'of another', prefixes: ['other-'] }, 201)
  await view.page.evaluate(`{ const whose = document.querySelector('#view [name=whose]'); whose.value = '?all=true'; whose.dispatchEvent(new Event('change')) }`)
  await view.lists('of another')
  await view.press('Revoke', '#view .line')
  await view.answer({}, 'Revoke')
  equal((await call('GET', '/auth/tokens', other.token)).some(token => token.id === id), false, 'whether the other’s token is still there')
}

async function password (browser, admin) {
  const [username, first, second] = [newName('user'), 'a first password', 'a second password']
  await call('POST', '/auth/register', admin, { username, password: first, permissions: ['read', 'write'] }, 201)
  const elsewhere = await login(username, first)
  const view = await Console.open(browser)
  await view.signIn(username, first)
  await view.visit('#/account', 'My account')
  const fill = async (old, wanted, again = wanted) => {
    for (const [name, value] of [['old', old], ['password', wanted], ['repeated', again]]) await view.page.fill(`dialog[open] [name=${name}]`, value)
    await view.press('Change it', 'dialog[open]')
  }
  await view.click('#change-password')
  await fill(first, second, 'another one')
  await view.shows('dialog[open] .failure', /not written the same way twice/)
  await fill('wrong', second)
  await view.shows('dialog[open] .failure', 'The old password is not right')
  await fill(first, second)
  await view.closed()
  // This window goes on, and everybody else has to sign in again.
  await view.shows('#tokens', /password-change[\s\S]*|this window/)
  await call('GET', '/auth/me', elsewhere, undefined, 401)
  await view.visit('#/topics', 'Topics')
  await view.shows('#view', /No topics yet/)
  equal(await view.page.evaluate('document.querySelector("#shell").hidden'), false, 'whether the window stays signed in')
  await login(username, second)
  view.isSound()
}

const codeOf = view => eventually(() => view.page.evaluate('document.querySelector("dialog[open] #user-code")?.textContent'), 'a code is shown')

/** A window is let in by somebody who opens the page that it names, and another is sent away. */
async function device (browser, other) {
  const view = await Console.open(browser)
  await view.click('#by-device')
  const code = await codeOf(view)
  const address = await view.page.evaluate('document.querySelector("#approval").href')
  check(address.endsWith(`/auth/device?user_code=${code}`), `the address of the page: ${address}`)
  const page = await browser.open(address)
  await eventually(() => page.has('#username'), 'the page for approval')
  await page.fill('#username', other.username)
  await page.fill('#password', other.password)
  await page.press('Enter', 13, '\r')
  await eventually(() => page.evaluate('document.querySelector("h1")?.textContent === "The device is let in"'), 'the device is let in')
  await eventually(() => view.page.evaluate('!document.querySelector("#shell").hidden'), 'the window is let in')
  await view.shows('.who', other.username)
  view.isSound()

  const second = await Console.open(browser)
  await second.click('#by-device')
  const again = await codeOf(second)
  const deny = await fetch(`${url}/auth/device/deny`, { method: 'POST', body: new URLSearchParams({ user_code: again }) })
  equal(deny.status, 200, 'the status of sending it away')
  await second.shows('dialog[open] .failure', 'Somebody has sent this window away.')
  await second.press('Close', 'dialog[open]')
  await second.closed()
  // A window that is closed leaves no code that lets somebody in.
  await second.click('#by-device')
  const left = await codeOf(second)
  await second.press('Close', 'dialog[open]')
  await eventually(async () => (await fetch(`${url}/auth/device?user_code=${left}`)).status === 404, 'the code is worth nothing')
}

run(() => withChromium(async browser => {
  const admin = await login()
  const view = await Console.open(browser)
  await view.signIn()
  await tokens(view, admin)
  await ofOthers(view, await register(admin))
  view.isSound()
  await password(browser, admin)
  const other = { username: newName('device'), password: 'a password' }
  await call('POST', '/auth/register', admin, { ...other, permissions: ['read'] }, 201)
  await device(browser, other)
}))
