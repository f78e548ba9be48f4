// The console: webhooks are made, said to be dead, revived and deleted. The receiver is a server of this script.

const http = require('node:http')
const { withChromium } = require('./chromium.js')
const { Console } = require('./console_page.js')
const { call, check, equal, eventually, login, newName, register, run } = require('./relay.js')

async function withReceiver (body) {
  const receiver = { bodies: [], status: 204 }
  const server = http.createServer((request, response) => {
    let text = ''
    request.on('data', bytes => { text += bytes })
    request.on('end', () => {
      receiver.bodies.push(JSON.parse(text))
      response.writeHead(receiver.status).end()
    })
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  receiver.url = `http://127.0.0.1:${server.address().port}/`
  try {
    await body(receiver)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function make (view, receiver, topic) {
  await view.visit('#/webhooks', 'Webhooks')
  await view.shows('#view', /No webhooks/)
  await view.click('#new-webhook')
  await view.page.fill('dialog[open] [name=url]', receiver.url)
  await view.page.fill('dialog[open] [name=name]', 'not a name')
  await view.press('Make the webhook', 'dialog[open]')
  await view.shows('dialog[open] .failure', /No topic that a webhook tells of has such a name/)
  await view.page.fill('dialog[open] [name=name]', topic)
  await view.page.fill('dialog[open] [name=label]', 'the <b>shop</b>')
  await view.press('Make the webhook', 'dialog[open]')
  const secret = await eventually(() => view.page.evaluate('document.querySelector("dialog[open] textarea[readonly]")?.value'), 'a secret is shown')
  check(secret.startsWith('whsec_'), `a secret: ${secret}`)
  await view.press('Close', 'dialog[open]')
  await view.closed()
  await view.lists('the <b>shop</b>')
  check(!(await view.page.text('#view')).includes(secret), 'the secret is in the page no more')
}

async function dies (view, receiver, topic, admin) {
  await call('POST', '/api/v1/messages', admin, { topic, payload: { n: 1 } }, 201)
  await eventually(() => receiver.bodies.length === 1, 'the receiver is told')
  equal(receiver.bodies[0].events.map(({ event }) => event), ['message'], 'what the receiver is told')
  receiver.status = 410
  await call('POST', '/api/v1/messages', admin, { topic, payload: { n: 2 } }, 201)
  await eventually(async () => (await call('GET', '/api/v1/webhooks', admin))[0].state === 'dead', 'the webhook is dead')
  await view.click('#refresh-webhooks')
  await view.shows('#dead-webhooks', '1 webhook dead: nothing is delivered until revived.')
  await view.shows('#view .line', /dead/)
  receiver.status = 204
  await view.press('Revive', '#view .line')
  await eventually(async () => (await call('GET', '/api/v1/webhooks', admin))[0].state === 'active', 'the webhook lives')
  await view.shows('#dead-webhooks', '')
  await eventually(() => receiver.bodies.at(-1).events[0].data.payload.n === 2 && receiver.bodies.length >= 3, 'the receiver is told again')
}

run(() => withReceiver(receiver => withChromium(async browser => {
  const admin = await login()
  const topic = newName('hooked')
  await call('POST', '/api/v1/topics', admin, { topic_name: topic }, 201)
  const view = await Console.open(browser)
  await view.signIn()
  await make(view, receiver, topic)
  await dies(view, receiver, topic, admin)
  await view.press('Pause', '#view .line')
  await view.shows('#view .line', /paused/)
  await view.press('Delete', '#view .line')
  await view.answer({}, 'Delete')
  await view.shows('#view', /No webhooks/)
  equal(await call('GET', '/api/v1/webhooks', admin), [], 'the webhooks that are left')
  // Administrators see those of others.
  const other = await register(admin)
  await call('POST', '/api/v1/webhooks', other.token, { url: receiver.url, prefix: 'other-', label: 'of another' }, 201)
  await view.page.evaluate(`{ const whose = document.querySelector('#view [name=whose]'); whose.value = '?all=true'; whose.dispatchEvent(new Event('change')) }`)
  await view.lists('of another')
  // A new password of its user's pauses it.
  await call('PATCH', `/auth/users/${other.id}`, admin, { password: 'of nobody who knew the old one' }, 200)
  await eventually(async () => (await call('GET', '/api/v1/webhooks?all=true', admin))[0].paused_reason, 'the webhook is paused')
  await view.click('#refresh-webhooks')
  await view.shows('#dead-webhooks', '1 webhook paused by a new password: revive those that are to go on.')
  view.isSound()
})))
