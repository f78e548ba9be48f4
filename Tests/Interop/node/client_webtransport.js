// Chromium reads by WebTransport where the relay offers it and the network lets it pass, and by others where not: numbered messages come once and
// in order whatever becomes of a session.
//
// QUIC_PORT is the relay's port for QUIC.

const { withChromium } = require('./chromium.js')
const { equal, eventually, login, newName, register, run } = require('./relay.js')
const { DatagramFront, Front, hasty } = require('./relay_client.js')

const numbers = count => Array.from({ length: count }, (_, n) => n)

/** A page of the relay's origin, whose client is logged in, behind fronts of its own. */
async function opened (browser, options = {}, timing = {}) {
  const front = await Front.open()
  front.datagrams = await DatagramFront.open(Number(process.env.QUIC_PORT))
  const page = await browser.open(`${front.url}/health`)
  await eventually(() => page.evaluate(`location.origin === '${front.url}' && document.readyState === 'complete'`), 'the page is there')
  await page.evaluate(`(async () => {
    const { PulsarRelay } = await import('/client/pulsar-relay.js')
    window.relay = new PulsarRelay(undefined, { timing: ${JSON.stringify({ ...hasty, ...timing })}, ...${JSON.stringify(options)} })
    await relay.login(${JSON.stringify(process.env.RELAY_USERNAME)}, ${JSON.stringify(process.env.RELAY_PASSWORD)})
    // Numbers that come of a topic, and by which transports.
    window.follow = (topic, options) => {
      const subscription = relay.subscribe(topic, options)
      const found = { subscription, numbers: [], opened: [], waits: 0, gaps: 0, error: null }
      subscription.addEventListener('open', ({ detail }) => found.opened.push(detail.transport))
      subscription.addEventListener('wait', () => found.waits++)
      subscription.addEventListener('gap', () => found.gaps++)
      ;(async () => {
        for await (const message of subscription) {
          found.numbers.push(message.payload.n)
          if (found.numbers.length % 50 === 0) await new Promise(resolve => setTimeout(resolve, 20))
        }
      })().catch(error => { found.error = String(error) })
      return found
    }
    window.publish = async (topic, from, to) => {
      for (let n = from; n < to; n += 10) {
        const some = Array.from({ length: Math.min(10, to - n) }, (_, index) => ({ topic, payload: { n: n + index } }))
        await relay.publishAll(some)
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
  })()`)
  const close = async () => {
    await page.evaluate('relay.close()')
    front.datagrams.close()
    await front.close()
  }
  return { front, page, close }
}

/** Begins to follow a topic under a name of the page's, and waits until it is open. */
async function follow (page, name, topic, options = {}) {
  await page.evaluate(`(window.${name} = follow('${topic}', ${JSON.stringify(options)})).subscription.ready`)
  return transport(page, name)
}

const transport = (page, name) => page.evaluate(`${name}.subscription.transport`)

const uses = (page, name, one) => eventually(async () => await transport(page, name) === one, `${name} reads by ${one}`, 40)

/** Checks that all numbers have come, once and in order. */
async function complete (page, name, count) {
  await eventually(() => page.evaluate(`${name}.numbers.length >= ${count} || ${name}.error`), `${count} numbers of ${name}`, 40)
  const { numbers: found, gaps, error } = await page.evaluate(`({ numbers: ${name}.numbers, gaps: ${name}.gaps, error: ${name}.error })`)
  equal([found, gaps, error], [numbers(count), 0, null], `what ${name} has read`)
}

/** It is chosen, for each subscription, and holds the relay back while the page is slow. */
async function chosen (browser) {
  const { front, page, close } = await opened(browser)
  const topic = newName('chosen')
  equal(await follow(page, 'one', topic, { maxBuffered: 4 }), 'webtransport', 'the first transport')
  equal(await follow(page, 'two', topic), 'webtransport', 'the first transport of another')
  equal(await follow(page, 'socket', topic, { transports: ['websocket', 'long-poll'] }), 'websocket', 'where WebTransport may not be used')
  await page.evaluate(`publish('${topic}', 0, 300)`)
  for (const name of ['one', 'two', 'socket']) await complete(page, name, 300)
  equal(await follow(page, 'late', topic, { from: 'earliest', transports: ['webtransport'], maxBuffered: 3 }), 'webtransport', 'it alone')
  await complete(page, 'late', 300)
  equal(await page.evaluate('[one, two, late].map(({ opened, waits }) => [opened, waits])'), Array(3).fill([['webtransport'], 0]), 'how they have opened')
  equal(front.counts.offers, 1, 'how often the relay was asked for its transports')
  await close()
}

/** A network that swallows datagrams costs a moment once, and none where that is known; when it lets them pass they are used. */
async function swallowed (browser) {
  const { front, page, close } = await opened(browser)
  const topic = newName('swallowed')
  front.datagrams.passes = false
  equal(await follow(page, 'one', topic), 'websocket', 'the first transport that opens')
  equal(await follow(page, 'two', topic), 'websocket', 'that of another')
  equal(await page.evaluate('[one.waits, two.waits]'), [1, 0], 'connections that failed')
  await page.evaluate(`publish('${topic}', 0, 100)`)
  front.datagrams.passes = true
  const published = page.evaluate(`publish('${topic}', 100, 300)`)
  await uses(page, 'one', 'webtransport')
  await uses(page, 'two', 'webtransport')
  await published
  for (const name of ['one', 'two']) await complete(page, name, 300)
  await close()
}

/** A network that is slow is not taken for one that swallows datagrams: a WebSocket reads until the session is open, and no longer. */
async function slow (browser) {
  const { front, page, close } = await opened(browser, {}, { quic: 200, open: 20_000, climb: 600_000 })
  const topic = newName('slow')
  front.datagrams.delay = 200
  equal(await follow(page, 'one', topic), 'websocket', 'the first transport that opens')
  const published = page.evaluate(`publish('${topic}', 0, 300)`)
  await uses(page, 'one', 'webtransport')
  await published
  await complete(page, 'one', 300)
  equal(await page.evaluate('one.opened'), ['websocket', 'webtransport'], 'how it has opened')
  equal(await follow(page, 'two', topic), 'webtransport', 'the first transport of another')
  await close()
}

/** A session that dies while messages come is given up, and another transport goes on where it was; and so back. */
async function broken (browser) {
  const { front, page, close } = await opened(browser)
  const topic = newName('broken')
  equal(await follow(page, 'one', topic), 'webtransport', 'the first transport')
  const published = page.evaluate(`publish('${topic}', 0, 2000)`)
  await eventually(() => page.evaluate('one.numbers.length > 100'), 'some have come')
  front.datagrams.passes = false
  await uses(page, 'one', 'websocket')
  await eventually(() => page.evaluate('one.numbers.length > 300'), 'some more have come')
  front.datagrams.passes = true
  await uses(page, 'one', 'webtransport')
  await published
  await complete(page, 'one', 2000)
  await close()
}

/** What is denied ends with the relay's reason, and is not taken for a network without WebTransport. */
async function denied (browser) {
  const { front, page, close } = await opened(browser)
  const topic = newName('denied')
  await page.evaluate(`publish('${topic}', 0, 1)`)
  const { token } = await register(await login(), ['read'])
  await page.evaluate(`(async () => {
    const { PulsarRelay } = await import('/client/pulsar-relay.js')
    window.other = new PulsarRelay(undefined, { token: '${token}', timing: ${JSON.stringify(hasty)} })
  })()`)
  const ready = name => `other.subscribe(${JSON.stringify(name)}).ready.catch(error => [error.name, error.code])`
  equal(await page.evaluate(ready(topic)), ['PermissionError', 'forbidden'], 'a topic of somebody else')
  equal(await page.evaluate(ready('no name!')), ['InvalidRequestError', 'invalid'], 'a name that is none')
  equal(await page.evaluate(`(async () => {
    const subscription = other.subscribe('${newName('allowed')}')
    await subscription.ready
    return subscription.transport
  })()`), 'webtransport', 'the transport of what is allowed')
  equal(front.counts.offers, 1, 'how often the relay was asked for its transports')
  await page.evaluate('other.close()')
  await close()
}

/** Where the page's client knows no WebTransport, nobody asks for it. */
async function unknown (browser) {
  const { front, page, close } = await opened(browser, { WebTransport: null })
  equal(await follow(page, 'one', newName('unknown')), 'websocket', 'without the class')
  equal(front.counts.offers, 0, 'how often the relay was asked for its transports')
  await close()
}

run(() => withChromium(async browser => {
  await chosen(browser)
  await unknown(browser)
  await denied(browser)
  await swallowed(browser)
  await slow(browser)
  await broken(browser)
}))
