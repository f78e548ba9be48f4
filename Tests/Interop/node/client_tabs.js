// Two tabs of Chromium share a login: both find that it has to be renewed at one moment, and it is renewed once. And a browser in a network
// without WebSockets reads by other transports.

const { withChromium } = require('./chromium.js')
const { equal, eventually, newName, run, url } = require('./relay.js')
const { Front, hasty } = require('./relay_client.js')

/** A page of the relay's origin in which the client is. */
async function open (browser, origin) {
  const page = await browser.open(`${origin}/health`)
  await eventually(() => page.evaluate(`location.origin === ${JSON.stringify(origin)} && document.readyState === 'complete'`), 'the page is there')
  await page.evaluate(`(async () => {
    const client = await import('/client/pulsar-relay.js')
    const tokens = client.storedTokens(localStorage)
    Object.assign(window, { client, relay: new client.PulsarRelay(undefined, { tokens, timing: ${JSON.stringify(hasty)} }) })
    relay.logouts = []
    relay.addEventListener('logout', ({ detail }) => relay.logouts.push(String(detail.error)))
  })()`)
  return page
}

/** Has all tabs use tokens that have to be renewed now. */
const useAtOnce = (pages, moment) => Promise.all(pages.map(page => page.evaluate(`(async () => {
  await new Promise(resolve => setTimeout(resolve, ${moment} - Date.now()))
  return Promise.all([relay.token(), relay.token(), relay.whoami().then(() => relay.token())])
})()`)))

async function renewedOnce (browser) {
  const front = await Front.open()
  const first = await open(browser, front.url)
  await first.evaluate(`relay.login(${JSON.stringify(process.env.RELAY_USERNAME)}, ${JSON.stringify(process.env.RELAY_PASSWORD)})`)
  const pages = [first]
  for (let count = 1; count < 3; count++) pages.push(await open(browser, front.url))
  equal(new Set((await useAtOnce(pages, Date.now())).flat()).size, 1, 'tokens of one login')
  for (let round = 1; round <= 5; round++) {
    // A page that was opened later knows nothing but what is stored; one that was there has to be told that its token ends.
    await first.evaluate(`{ const tokens = JSON.parse(localStorage['pulsar-relay:tokens']); localStorage['pulsar-relay:tokens'] = JSON.stringify({ ...tokens, renewAt: 0 }) }`)
    for (const page of pages) await page.evaluate('relay = new client.PulsarRelay(undefined, { tokens: client.storedTokens(localStorage) })')
    const found = (await useAtOnce(pages, Date.now() + 300)).flat()
    equal(new Set(found).size, 1, `tokens after round ${round}`)
    equal(front.counts.refreshes, round, `refreshes after round ${round}`)
  }
  // Who logs out logs all of them out.
  await first.evaluate('relay.logout()')
  await pages[1].evaluate(`{ relay = new client.PulsarRelay(undefined, { tokens: client.storedTokens(localStorage) }) }`)
  equal(await pages[1].evaluate('relay.whoami().catch(error => error.name)'), 'AuthenticationError', 'the other tab')
  for (const page of pages) equal(page.complaints, [], 'what went wrong on a page')
  await front.close()
}

async function without (browser, way, expected) {
  const front = await Front.open()
  const page = await open(browser, front.url)
  await page.evaluate(`relay.login(${JSON.stringify(process.env.RELAY_USERNAME)}, ${JSON.stringify(process.env.RELAY_PASSWORD)})`)
  Object.assign(front.way, way)
  const topic = newName('browser')
  const found = await page.evaluate(`(async () => {
    const subscription = relay.subscribe(${JSON.stringify(topic)}, { maxBuffered: 8 })
    await subscription.ready
    const transport = subscription.transport
    const published = (async () => { for (let n = 0; n < 60; n++) await relay.publish(${JSON.stringify(topic)}, { n }) })()
    const numbers = []
    for await (const message of subscription) if (numbers.push(message.payload.n) === 60) break
    await published
    return { transport, numbers }
  })()`)
  equal(found, { transport: expected, numbers: Array.from({ length: 60 }, (_, n) => n) }, `numbers where ${JSON.stringify(way)}`)
  await front.close()
}

run(() => withChromium(async browser => {
  // A page of another origin may import the module from the relay.
  const other = await Front.open()
  const elsewhere = await open(browser, other.url)
  equal(await elsewhere.evaluate(`import('${url}/client/pulsar-relay.js').then(client => typeof client.PulsarRelay)`), 'function', 'imported elsewhere')
  await other.close()
  await renewedOnce(browser)
  await without(browser, {}, 'websocket')
  await without(browser, { sockets: 'refuse' }, 'event-stream')
  await without(browser, { sockets: 'refuse', streams: 'hold' }, 'long-poll')
}))
