// 2,000 numbered messages come once and in order while the network forbids one transport after another, cuts them and lets them pass again.

const { check, equal, eventually, newName, pause, run } = require('./relay.js')
const { Front, connected, importClient, noted } = require('./relay_client.js')

const count = 2000

/** Publishes numbers, some one by one and some in bulks, past the front: the network troubles readers alone. */
async function publishNumbers (relay, topic, count, between) {
  for (let next = 0; next < count;) {
    const size = Math.min(count - next, 1 + (next * 7) % 20)
    const bulk = Array.from({ length: size }, (_, index) => ({ topic, payload: { n: next + index } }))
    if (size === 1) await relay.publish(topic, bulk[0].payload)
    else await relay.publishAll(bulk)
    next += size
    await pause(between)
  }
}

/** Reads until the last number has come. */
async function readNumbers (subscription, count) {
  const numbers = []
  for await (const message of subscription) {
    equal(message.gap, null, 'gap before a message')
    numbers.push(message.payload.n)
    if (numbers.length % 97 === 0) await pause(20)
    if (message.payload.n === count - 1) break
  }
  equal(numbers, Array.from({ length: count }, (_, n) => n), 'the numbers')
}

/** The network changes while messages come. */
async function changing (client, publisher) {
  const front = await Front.open()
  const relay = await connected(client, front.url)
  const topic = newName('numbers')
  const subscription = relay.subscribe(topic, { maxBuffered: 50 })
  const notes = noted(subscription)
  await subscription.ready
  const read = readNumbers(subscription, count)
  const published = publishNumbers(publisher, topic, count, 120)
  const uses = transport => eventually(() => subscription.transport === transport, `it uses ${transport} after ${notes.opened}`, 30)

  await uses('websocket')
  await pause(300)
  front.way.sockets = 'refuse'
  front.cut()
  await uses('event-stream')
  await pause(300)
  front.way.streams = 'hold'
  front.cut()
  await uses('long-poll')
  await pause(300)
  // As it gets better the client comes back by itself.
  front.way.streams = 'pass'
  await uses('event-stream')
  await pause(300)
  front.way.sockets = 'pass'
  await uses('websocket')
  await pause(300)
  front.way.sockets = 'silence'
  front.cut()
  await uses('event-stream')
  front.way.sockets = 'pass'
  await uses('websocket')
  // An open one that falls silent is noticed.
  front.way.sockets = 'mute'
  await eventually(() => subscription.transport !== 'websocket', 'silence is noticed')
  front.way.sockets = 'pass'
  await Promise.all([published, read])
  equal(notes.closed, { error: null }, 'how it ended')
  await front.close()
}

/** The network cuts everything after so many bytes. */
async function cutting (client, publisher, transports, way) {
  const front = await Front.open()
  const relay = await connected(client, front.url)
  const topic = newName('cut')
  const subscription = relay.subscribe(topic, { transports, from: 'earliest' })
  const notes = noted(subscription)
  Object.assign(front.way, way)
  await Promise.all([publishNumbers(publisher, topic, 400, 5), readNumbers(subscription, 400)])
  check(notes.opened.length > 2, `it was cut and went on: ${notes.opened}`)
  await front.close()
}

/** Networks in which one kind never passes, from the start. */
async function forbidden (client, publisher, way, expected) {
  const front = await Front.open()
  const relay = await connected(client, front.url)
  Object.assign(front.way, way)
  const topic = newName('forbidden')
  const subscription = relay.subscribe(topic)
  const notes = noted(subscription)
  await subscription.ready
  equal(subscription.transport, expected, `transport where ${JSON.stringify(way)}`)
  await Promise.all([publishNumbers(publisher, topic, 100, 1), readNumbers(subscription, 100)])
  equal(notes.opened.filter(name => name !== expected), [], 'other transports that opened')
  await front.close()
}

/** A page whose own rules forbid WebSockets, and one that can't read streams. */
async function unable (client, publisher) {
  class Forbidden { constructor () { throw new Error('not allowed') } }
  const unstreamed = async (...request) => {
    const answer = await fetch(...request)
    return answer.headers.get('content-type') === 'text/event-stream' ? { ok: true, body: null, headers: answer.headers } : answer
  }
  for (const [options, expected] of [[{}, 'event-stream'], [{ fetch: unstreamed }, 'long-poll']]) {
    const relay = await connected(client, undefined, { WebSocket: Forbidden, ...options })
    const topic = newName('unable')
    const subscription = relay.subscribe(topic)
    await subscription.ready
    equal(subscription.transport, expected, 'transport of a page')
    await Promise.all([publishNumbers(publisher, topic, 50, 1), readNumbers(subscription, 50)])
  }
}

/** While the relay is away nothing is thought of the network: it comes back by the best transport. */
async function away (client, publisher) {
  const front = await Front.open()
  const relay = await connected(client, front.url)
  const topic = newName('away')
  const subscription = relay.subscribe(topic)
  const notes = noted(subscription)
  await subscription.ready
  front.way.requests = 'away'
  front.cut()
  await eventually(() => notes.waits.length >= 4, 'it tries again and again')
  await publisher.publish(topic, { n: 0 })
  front.way.requests = 'pass'
  await readNumbers(subscription, 1)
  equal([...new Set(notes.opened)], ['websocket'], 'transports')
  await front.close()
}

run(async () => {
  const client = await importClient()
  const publisher = await connected(client)
  await Promise.all([
    changing(client, publisher),
    cutting(client, publisher, undefined, { sockets: 3000, streams: 3000 }),
    cutting(client, publisher, ['event-stream'], { streams: 2500 }),
    // Less than one message.
    forbidden(client, publisher, { sockets: 'refuse' }, 'event-stream'),
    forbidden(client, publisher, { sockets: 'silence', streams: 'hold' }, 'long-poll'),
    unable(client, publisher),
    away(client, publisher)
  ])
})
