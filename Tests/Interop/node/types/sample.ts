// What an application written in TypeScript does with the client. `tsc --noEmit` has to take all of it, and each line after `@ts-expect-error` not.

import {
  AuthenticationError, PulsarRelay, RelayError, TRANSPORTS, Subscription, storedCursors, storedTokens,
  type CursorStore, type Gap, type Message, type TokenStore, type Transport
} from './pulsar-relay.js'

interface Reading { sensor: string, value: number }

const tokens: TokenStore = storedTokens(localStorage)
const relay = new PulsarRelay('https://relay.example.org', { tokens, timing: { retryWithin: 60_000 } })
new PulsarRelay()
new PulsarRelay(new URL('https://relay.example.org'), { token: 'text', WebSocket: null })
new PulsarRelay('https://relay.example.org', { token: async ({ rejected }) => rejected ?? 'token', WebSocket })
new PulsarRelay('https://relay.example.org', { credentials: { username: 'a', password: 'b' }, fetch })

async function use (signal: AbortSignal): Promise<void> {
  relay.addEventListener('logout', ({ detail: { error } }) => { if (error) console.log(error.status) })
  await relay.login('alice', 'secret', { signal })
  const { id, durability } = await relay.publish('news', { text: 'hello' }, { ttl: 60, metadata: { by: 'alice' }, signal })
  console.log(id.toUpperCase(), durability?.toUpperCase())
  await relay.publish('document/plan', new Uint8Array(3))
  const { results, accepted } = await relay.publishAll([{ topic: 'news', payload: { n: 1 } }], { idempotencyKey: 'one' })
  console.log(results[0]?.error ?? accepted)

  const memory: CursorStore = { get: async () => null, set: async () => {} }
  const subscription: Subscription<Reading> = relay.subscribe<Reading>(['a', 'b'], { from: { a: 'earliest' }, cursors: memory, signal })
  relay.subscribe('a', { cursors: storedCursors(sessionStorage), transports: [TRANSPORTS[0] ?? 'websocket'] })
  subscription.addEventListener('gap', ({ detail }) => { const gap: Gap = detail; console.log(gap.resumedFrom) })
  subscription.addEventListener('open', ({ detail }) => { const transport: Transport = detail.transport; console.log(transport) })
  subscription.addEventListener('message', ({ detail }) => console.log(detail.payload.value.toFixed(2)))
  await subscription.ready
  for await (const message of subscription) {
    const one: Message<Reading> = message
    console.log(one.payload.sensor, one.gap?.after, message.cursor)
  }
  for await (const message of relay.walkHistory<Reading>('a', { order: 'asc' })) console.log(message.payload.value)
  const page = await relay.history('a', { cursor: null })
  console.log(page.cursor, page.messages.length)
  try {
    await relay.whoami()
  } catch (error) {
    if (error instanceof AuthenticationError) console.log(error.code)
    else if (error instanceof RelayError && error.isTransient) console.log(error.retryAfter)
  }
  await subscription.close()
  await relay.adopt({ access_token: 'a', refresh_token: null, expires_in: 60 })
  await relay.logout()

  // @ts-expect-error: no such transport
  relay.subscribe('a', { transports: ['pigeon'] })
  // @ts-expect-error: a payload is an object
  await relay.publish('a', 'text')
  // @ts-expect-error: what it is called is checked
  console.log((await relay.publish('a', {})).messageId)
  // @ts-expect-error: applications make none
  new Subscription()
}

void use(new AbortController().signal)
