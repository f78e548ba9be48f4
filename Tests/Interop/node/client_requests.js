// Logging in, publishing once whatever replies are lost, pages of history, bytes, errors by class, cancelling, and what is refused at once.

const { call, check, equal, login, newName, register, run } = require('./relay.js')
const { Front, connected, failure, hasty, importClient } = require('./relay_client.js')

async function logins (client) {
  const relay = new client.PulsarRelay(process.env.RELAY_URL, { timing: hasty })
  const told = []
  for (const type of ['login', 'logout']) relay.addEventListener(type, ({ detail }) => told.push([type, detail]))
  const wrong = await failure(() => relay.login('admin', 'wrong'), 'a wrong password')
  check(wrong instanceof client.AuthenticationError && wrong instanceof client.RelayError, `class of ${wrong}`)
  equal([wrong.status, wrong.code, wrong.detail, wrong.message], [401, 'unauthenticated', 'Incorrect username or password', 'Incorrect username or password'], 'a wrong password')
  const nobody = await failure(() => relay.publish('news', {}), 'a publish by nobody')
  check(nobody instanceof client.AuthenticationError && nobody.status === null, `class of ${nobody}`)
  await relay.login(process.env.RELAY_USERNAME, process.env.RELAY_PASSWORD)
  equal((await relay.whoami()).username, process.env.RELAY_USERNAME, 'who is logged in')
  const token = await relay.token()
  equal(await relay.token(), token, 'the token while it is good')
  await relay.logout()
  equal(told, [['login', { username: 'admin' }], ['logout', { error: null }]], 'what is told')
  await call('GET', '/auth/me', token, undefined, 401)
  check(await failure(() => relay.token(), 'a token after the logout') instanceof client.AuthenticationError, 'nobody is logged in')

  // By credentials it logs in itself, and again once the login has ended.
  const credentials = { username: process.env.RELAY_USERNAME, password: process.env.RELAY_PASSWORD }
  const program = new client.PulsarRelay(process.env.RELAY_URL, { credentials, timing: hasty })
  const first = await program.token()
  await program.logout()
  await program.whoami()
  check(await program.token() !== first, 'another login')

  // Tokens from elsewhere: one that is not taken is asked for once more, and no more.
  const asked = []
  const good = await login()
  const brought = new client.PulsarRelay(process.env.RELAY_URL, { token: ({ rejected }) => { asked.push(rejected); return rejected ? good : 'bad' } })
  equal((await brought.whoami()).username, 'admin', 'by a token from elsewhere')
  equal(asked, [null, 'bad'], 'what the application is asked')
  check(await failure(() => new client.PulsarRelay(process.env.RELAY_URL, { token: 'bad' }).whoami(), 'a bad token') instanceof client.AuthenticationError, 'a bad token')
}

/** The relay gets every request, and the client no answer: three times. */
async function publishing (client) {
  const front = await Front.open()
  const relay = await connected(client, front.url)
  const topic = newName('once')
  for (const act of [() => relay.publish(topic, { n: 1 }, { metadata: { by: 'test' }, ttl: 3600 }), () => relay.publishAll([{ topic, payload: { n: 2 } }, { topic, payload: { n: 3 } }])]) {
    front.way.requests = 'lose'
    const before = front.counts.lost
    const under = act()
    const watch = setInterval(() => { if (front.counts.lost >= before + 3) front.way.requests = 'pass' }, 5)
    const answer = await under
    clearInterval(watch)
    check(front.counts.lost >= before + 3, 'answers were lost')
    if (answer.results) equal([answer.accepted, answer.rejected, answer.results.map(result => result.error)], [2, 0, [null, null]], 'a bulk')
    else check(/^\d+-\d+$/.test(answer.id) && answer.durability === 'synced', `an answer ${JSON.stringify(answer)}`)
  }
  const kept = await relay.history(topic, { order: 'asc' })
  equal(kept.messages.map(message => message.payload.n), [1, 2, 3], 'each is stored once')
  equal(kept.messages[0].metadata, { by: 'test' }, 'metadata')

  const again = await relay.publish(topic, { n: 4 }, { idempotencyKey: 'order-4' })
  equal(await relay.publish(topic, { n: 4 }, { idempotencyKey: 'order-4' }), again, 'the same key once more')

  // What a proxy says while the relay is away is repeated; what the relay refuses is not.
  front.way.requests = 'away'
  setTimeout(() => { front.way.requests = 'pass' }, 300)
  await relay.publish(topic, { n: 5 })
  const refused = await failure(() => relay.publish('no name!', { n: 6 }), 'a bad name')
  check(refused instanceof client.InvalidRequestError && refused.status === 422 && !refused.isTransient, `class of ${refused}`)
  check(Array.isArray(refused.detail) && refused.message.includes('topic'), `text of ${refused}`)
  const impatient = await connected(client, front.url, { timing: { ...hasty, retryWithin: 300 } })
  front.way.requests = 'away'
  const gone = await failure(() => impatient.publish(topic, { n: 6 }), 'a relay that is away')
  check(gone instanceof client.UnavailableError && gone.isTransient && gone.status === 502, `class of ${gone}`)
  await front.close()
  check(await failure(() => impatient.publish(topic, { n: 6 }), 'no relay') instanceof client.NetworkError, 'nobody there')
}

async function history (client) {
  const relay = await connected(client)
  const topic = newName('history')
  for (let page = 0; page < 3; page++) await relay.publishAll(Array.from({ length: 80 }, (_, n) => ({ topic, payload: { n: page * 80 + n } })))
  const walked = async options => {
    const numbers = []
    for await (const message of relay.walkHistory(topic, options)) numbers.push(message.payload.n)
    return numbers
  }
  const all = Array.from({ length: 240 }, (_, n) => n)
  equal(await walked(), [...all].reverse(), 'the newest first')
  equal(await walked({ order: 'asc', limit: 7 }), all, 'the oldest first')
  const page = await relay.history(topic, { limit: 2 })
  check(page.epoch && page.messages[0].cursor === `${page.epoch}@${page.messages[0].id}`, 'cursors tell epochs')
  equal(await walked({ cursor: page.cursor, limit: 100 }), [...all].reverse().slice(2), 'from a page on')
  equal((await failure(() => relay.history(newName('none')), 'no topic')).constructor.name, 'NotFoundError', 'no topic')
  // Who may not read is told so.
  const other = new client.PulsarRelay(process.env.RELAY_URL, { token: (await register(await relay.token())).token })
  const denied = await failure(() => other.history(topic), "another's topic")
  check(denied instanceof client.PermissionError && denied.status === 403, `class of ${denied}`)
}

async function bytes (client) {
  const relay = await connected(client)
  const topic = `document/${newName('plan')}`
  const update = Uint8Array.from([1, 1, 1, 0, 4, 1, 1, 116, 1, 97, 0])
  await relay.publish(topic, update)
  const { messages: [message] } = await relay.history(topic)
  equal([...message.payload], [...update], 'bytes')
  equal(message.sender, 'admin', 'who published them')
}

async function cancelling (client) {
  const front = await Front.open()
  const relay = await connected(client, front.url)
  const controller = new AbortController()
  front.way.requests = 'lose'
  setTimeout(() => controller.abort(new Error('stop')), 200)
  const aborted = AbortSignal.abort(new Error('stop'))
  const acts = [
    () => relay.publish('news', { n: 1 }, { signal: controller.signal }),
    () => relay.publishAll([{ topic: 'news', payload: {} }], { signal: controller.signal }),
    () => relay.history('news', { signal: aborted }),
    () => relay.login('admin', 'x', { signal: aborted })
  ]
  const failures = await Promise.all(acts.map(act => failure(act, 'what is cancelled')))
  equal(failures.map(error => error.message), acts.map(() => 'stop'), 'the reasons')
  await front.close()
}

async function badInput (client) {
  const relay = await connected(client)
  const cyclic = {}
  cyclic.self = cyclic
  const acts = {
    'an address': () => new client.PulsarRelay('ftp://relay'),
    'no address': () => new client.PulsarRelay('relay'),
    'no name': () => relay.publish('', {}),
    'a number for a name': () => relay.publish(7, {}),
    'a text': () => relay.publish('news', 'text'),
    'a list': () => relay.publish('news', [1]),
    nothing: () => relay.publish('news', null),
    'a circle': () => relay.publish('news', cyclic),
    'a key': () => relay.publish('news', {}, { idempotencyKey: 'é' }),
    'an empty key': () => relay.publish('news', {}, { idempotencyKey: '' }),
    'an empty bulk': () => relay.publishAll([]),
    'a large bulk': () => relay.publishAll(Array(101).fill({ topic: 'news', payload: {} })),
    'an order': () => relay.history('news', { order: 'up' }),
    'no topics': () => relay.subscribe([]),
    'too many topics': () => relay.subscribe(Array.from({ length: 51 }, (_, n) => `t${n}`)),
    'a transport': () => relay.subscribe('news', { transports: ['pigeon'] }),
    'a start': () => relay.subscribe('news', { from: 7 }),
    'a buffer': () => relay.subscribe('news', { maxBuffered: 0 }),
    'a login': () => relay.login('admin')
  }
  for (const [what, act] of Object.entries(acts)) {
    const error = await failure(act, what)
    check(error instanceof TypeError, `${what}: ${error}`)
  }
}

run(async () => {
  const client = await importClient()
  await logins(client)
  await Promise.all([publishing(client), history(client), bytes(client), cancelling(client), badInput(client)])
})
