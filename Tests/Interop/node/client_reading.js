// What a subscription is to an application: where it begins, gaps, back-pressure, stored cursors, events, how it ends. By each transport.

const { call, check, equal, eventually, newName, pause, register, run } = require('./relay.js')
const { WebSocket, connected, failure, hasty, importClient, noted } = require('./relay_client.js')

const transports = ['websocket', 'event-stream', 'long-poll']
const numbered = (topic, first, count) => Array.from({ length: count }, (_, index) => ({ topic, payload: { n: first + index } }))

/** So many messages, and the end. */
async function take (subscription, count) {
  const messages = []
  if (count > 0) for await (const message of subscription) if (messages.push(message) === count) break
  return messages
}

const numbers = messages => messages.map(message => message.payload.n)

async function beginning (client, relay, transport) {
  const [old, fresh, part] = [newName('old'), newName('fresh'), newName('part')]
  await relay.publishAll([...numbered(old, 0, 3), ...numbered(part, 0, 3)])
  const second = (await relay.history(part, { order: 'asc' })).messages[1].cursor
  const options = { transports: [transport], from: { [old]: 'earliest', [part]: second } }
  const subscription = relay.subscribe([old, fresh, part], options)
  const got = take(subscription, 5)
  await subscription.ready
  await relay.publish(fresh, { n: 100 })
  const messages = await got
  const of = topic => numbers(messages.filter(message => message.topic === topic))
  equal([of(old), of(part), of(fresh)], [[0, 1, 2], [2], [100]], `beginnings by ${transport}`)
  check(messages.every(message => message.gap === null && /^[0-9a-f]{16}@\d+-\d+$/.test(message.cursor) || message.topic === fresh), `cursors by ${transport}`)

  // What comes from now on begins with `ready`, of a topic with messages too.
  const next = relay.subscribe(old, { transports: [transport] })
  await next.ready
  await relay.publish(old, { n: 3 })
  equal(numbers(await take(next, 1)), [3], `what comes next by ${transport}`)
}

/** The relay keeps five messages of a topic. */
async function gap (client, relay, transport) {
  const topic = newName('gap')
  const { id } = await relay.publish(topic, { n: 0 })
  const { epoch } = await relay.history(topic)
  await relay.publishAll(numbered(topic, 1, 20))
  const subscription = relay.subscribe(topic, { transports: [transport], from: `${epoch}@${id}` })
  const notes = noted(subscription)
  const messages = await take(subscription, 5)
  equal(numbers(messages), [16, 17, 18, 19, 20], `what is kept, by ${transport}`)
  const expected = { topic, after: id, resumedFrom: messages[0].id, epoch }
  equal([messages[0].gap, messages[1].gap], [expected, null], `the gap by ${transport}`)
  equal(notes.gaps, [expected], `the event by ${transport}`)

  // A topic that was deleted and made again has another epoch. Who reads on is told, and goes on.
  const reader = relay.subscribe(topic, { transports: [transport], from: messages[4].cursor })
  await reader.ready
  await call('DELETE', `/api/v1/topics/${topic}`, await relay.token(), undefined, 204)
  await relay.publish(topic, { n: 'new' })
  const [first] = await take(reader, 1)
  equal(first.payload, { n: 'new' }, `the new topic's message by ${transport}`)
  check(first.gap && first.gap.epoch !== epoch && first.cursor.startsWith(`${first.gap.epoch}@`), `the epoch by ${transport}: ${JSON.stringify(first.gap)}`)
}

/** Who takes nothing is sent little, and misses nothing. */
async function backPressure (client, relay, transport) {
  const topic = newName('slow')
  await relay.publishAll(numbered(topic, 0, 5))
  const subscription = relay.subscribe(topic, { transports: [transport], from: 'earliest', maxBuffered: 4 })
  await eventually(() => subscription.state === 'full', `it is full by ${transport}, and not ${subscription.state}`)
  const cursor = subscription.cursors[topic]
  await pause(300)
  equal(subscription.cursors[topic], cursor, `nothing more is read by ${transport}`)
  equal(numbers(await take(subscription, 5)), [0, 1, 2, 3, 4], `all come by ${transport}`)
  // What counts is the size too.
  const large = relay.subscribe(topic, { transports: [transport], from: 'earliest', maxBufferedSize: 300 })
  await eventually(() => large.state === 'full', `its size is bounded by ${transport}`)
  equal(numbers(await take(large, 5)), [0, 1, 2, 3, 4], `all come in pieces by ${transport}`)
}

async function storing (client, relay, transport) {
  const topic = newName('stored')
  const items = new Map()
  const storage = { getItem: key => items.get(key) ?? null, setItem: (key, value) => items.set(key, value) }
  const options = { transports: [transport], cursors: client.storedCursors(storage) }
  const first = relay.subscribe(topic, options)
  await first.ready
  await relay.publishAll(numbered(topic, 0, 4))
  // The second is not done with where the loop is left.
  equal(numbers(await take(first, 2)), [0, 1], `the first run by ${transport}`)
  equal([...items.keys()], [`pulsar-relay:cursor:${topic}`], 'what is stored')
  const second = relay.subscribe(topic, options)
  const again = []
  for await (const message of second) {
    again.push(message)
    if (message.payload.n < 3) continue
    second.save(message)
    break
  }
  equal(numbers(again), [1, 2, 3], `the second run by ${transport}`)
  const third = relay.subscribe(topic, options)
  await relay.publish(topic, { n: 4 })
  equal(numbers(await take(third, 1)), [4], `the third run by ${transport}`)

  const broken = { get: () => null, set: () => { throw new Error('no room') } }
  const last = relay.subscribe(topic, { transports: [transport], from: 'earliest', cursors: broken })
  const error = await failure(async () => { for await (const _ of last); }, 'a store that fails')
  equal(error.message, 'no room', `a store that fails, by ${transport}`)
}

async function events (client, relay, transport) {
  const topic = newName('events')
  const subscription = relay.subscribe(topic, { transports: [transport] })
  const notes = noted(subscription)
  await subscription.ready
  await relay.publishAll(numbered(topic, 0, 3))
  await pause(200)
  // What came before somebody listened was kept.
  const heard = []
  subscription.addEventListener('message', ({ detail }) => heard.push(detail.payload.n))
  await relay.publish(topic, { n: 3 })
  await eventually(() => heard.length === 4, `all are heard by ${transport}`)
  equal(heard, [0, 1, 2, 3], `what is heard by ${transport}`)
  await subscription.close()
  await subscription.close()
  equal([notes.opened, notes.closed, subscription.state], [[transport], { error: null }, 'closed'], `what is told by ${transport}`)
}

async function ending (client, relay, transport) {
  const topic = newName('ending')
  await relay.publish(topic, { n: 0 })
  const token = await relay.token()

  // Denied, and taken back.
  const reader = await register(token, ['read'])
  const other = new client.PulsarRelay(process.env.RELAY_URL, { token: reader.token, timing: hasty, WebSocket })
  const denied = other.subscribe(topic, { transports: [transport] })
  const refusal = await failure(() => denied.ready, 'a topic of somebody else')
  check(refusal instanceof client.PermissionError, `by ${transport}: ${refusal}`)
  const misnamed = await failure(() => relay.subscribe('no name!', { transports: [transport] }).ready, 'a name that is none')
  check(misnamed instanceof client.InvalidRequestError, `a bad name by ${transport}: ${misnamed}`)
  await call('POST', `/api/v1/topics/${topic}/permissions`, token, { username: reader.username }, 201)
  const granted = other.subscribe(topic, { transports: [transport], from: 'earliest' })
  const taken = (async () => { for await (const message of granted) if (message.payload.n === 0) await call('DELETE', `/api/v1/topics/${topic}/permissions/${reader.id}`, token, undefined, 204) })()
  check(await failure(() => taken, 'access that is withdrawn') instanceof client.PermissionError, `withdrawn by ${transport}`)

  // Cancelled before and within.
  const early = relay.subscribe(topic, { transports: [transport], signal: AbortSignal.abort(new Error('early')) })
  equal((await failure(() => early.ready, 'what was cancelled')).message, 'early', 'the reason')
  const controller = new AbortController()
  const cancelled = relay.subscribe(topic, { transports: [transport], signal: controller.signal })
  setTimeout(() => controller.abort(new Error('stop')), 300)
  equal((await failure(async () => { for await (const _ of cancelled); }, 'what is cancelled')).message, 'stop', `the reason by ${transport}`)

  // A logout ends all that reads by it.
  const leaver = await connected(client)
  const left = leaver.subscribe(topic, { transports: [transport] })
  await left.ready
  await leaver.logout()
  const over = await failure(async () => { for await (const _ of left); }, 'a logout')
  check(over instanceof client.AuthenticationError, `logged out by ${transport}: ${over}`)
}

run(async () => {
  const client = await importClient()
  const relay = await connected(client)
  await Promise.all(transports.flatMap(transport =>
    [beginning, gap, backPressure, storing, events, ending].map(act => act(client, relay, transport))))
  await relay.close()
})
