// Tokens end in mid-subscription: nobody misses a message, a WebSocket gets another token and stays, and who has no other token is told. The
// tokens are the scenario's own, since the relay gives none that live shorter than five minutes: RELAY_SECRET signs them.

const crypto = require('crypto')
const { check, equal, eventually, login, newName, pause, run, url } = require('./relay.js')
const { WebSocket, connected, failure, hasty, importClient, noted } = require('./relay_client.js')

const transports = ['websocket', 'event-stream', 'long-poll']
const base64url = value => Buffer.from(value).toString('base64url')

/** A token like `model` that lives so many seconds. */
function minted (model, seconds) {
  const claims = JSON.parse(Buffer.from(model.split('.')[1], 'base64url'))
  const now = Math.floor(Date.now() / 1000)
  Object.assign(claims, { iat: now, exp: now + seconds, jti: crypto.randomUUID().replaceAll('-', '') })
  const text = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(claims))}`
  return `${text}.${crypto.createHmac('sha256', process.env.RELAY_SECRET).update(text).digest('base64url')}`
}

/** Follows the topic until the numbers end, by tokens of so short a life. */
function follow (client, topic, transport, model, seconds) {
  const reader = { transport, numbers: [], tokens: 0 }
  const token = () => { reader.tokens += 1; return minted(model, seconds) }
  // Renewed when the relay says so, and not before.
  const relay = new client.PulsarRelay(url, { token, timing: { ...hasty, renewBefore: 0, settle: 100 }, WebSocket })
  reader.subscription = relay.subscribe(topic, { transports: [transport] })
  reader.notes = noted(reader.subscription)
  reader.subscription.addEventListener('message', ({ detail }) => reader.numbers.push(detail.payload.n))
  return reader
}

/** A token that nobody renews ends what it opened. */
async function fixed (client, topic, transport, model) {
  const relay = new client.PulsarRelay(url, { token: minted(model, 3), timing: hasty, WebSocket })
  const subscription = relay.subscribe(topic, { transports: [transport] })
  await subscription.ready
  const error = await failure(async () => { for await (const _ of subscription); }, `the token's end by ${transport}`)
  check(error instanceof client.AuthenticationError, `by ${transport}: ${error}`)
}

run(async () => {
  const client = await importClient()
  const publisher = await connected(client)
  const model = await login()
  const topic = newName('tokens')
  // A WebSocket's token has to outlive the warning, which comes 60 s before its end.
  const socket = follow(client, topic, 'websocket', model, 63)
  const others = ['event-stream', 'long-poll'].map(transport => follow(client, topic, transport, model, 4))
  const readers = [socket, ...others]
  const ends = Promise.all(transports.map(transport => fixed(client, topic, transport, model)))
  await Promise.all(readers.map(({ subscription }) => subscription.ready))
  let count = 0
  for (const end = Date.now() + 70_000; Date.now() < end; await pause(200)) await publisher.publish(topic, { n: count++ })
  await ends
  for (const { transport, numbers, notes } of readers) {
    await eventually(() => numbers.length === count, `all came by ${transport}`)
    equal(numbers, Array.from({ length: count }, (_, n) => n), `the numbers by ${transport}`)
    equal(notes.closed, null, `the end by ${transport}`)
  }
  equal(socket.notes.opened, ['websocket'], 'a WebSocket gets another token and stays')
  check(socket.tokens > 5, 'it was renewed again and again')
  check(others[0].notes.opened.length > 5 && others[1].tokens > 5, 'the others went on with other tokens')
})
