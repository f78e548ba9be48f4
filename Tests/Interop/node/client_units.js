// What decides in the client, without a relay: pauses, the choice of transports, positions and their gaps, event streams in any pieces, who renews
// tokens. `node --test client_units.js` runs it alone.

const assert = require('assert/strict')
const fs = require('fs')
const os = require('os')
const path = require('path')
const { test } = require('node:test')
const { pathToFileURL } = require('url')

const source = path.join(__dirname, '../../../Sources/RelayServer/Edges/REST/Client/Module/pulsar-relay.js')

const imported = (async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pulsar-relay-client-'))
  const file = path.join(folder, 'pulsar-relay.mjs')
  fs.copyFileSync(source, file)
  try {
    return await import(pathToFileURL(file).href)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})()

const timing = { retryFirst: 100, retryLongest: 1000, settle: 10, climb: 60, climbLongest: 200, renewBefore: 60_000, request: 1000, retryWithin: 2000 }

/** Transports, best first. */
const three = ['websocket', 'event-stream', 'long-poll']

/** A test with the module. */
const unit = (name, body) => test(name, async () => body(await imported))

unit('pauses double up to the longest, and lie within their upper half', ({ parts: { Backoff } }) => {
  const least = new Backoff(timing, () => 0)
  assert.deepEqual(Array.from({ length: 6 }, () => least.next()), [50, 100, 200, 400, 500, 500])
  const most = new Backoff(timing, () => 1)
  assert.deepEqual(Array.from({ length: 5 }, () => most.next()), [100, 200, 400, 800, 1000])
  most.reset()
  assert.equal(most.next(), 100)
  for (let count = 0; count < 5000; count++) assert.ok(most.next() <= 1000)
})

unit('a pause is no shorter than the relay asks, nor do all end at one moment', ({ parts: { Backoff } }) => {
  assert.equal(new Backoff(timing, () => 0).next(7000), 7000)
  assert.equal(new Backoff(timing, () => 1).next(7000), 7100)
  assert.equal(new Backoff(timing, () => 0).next(null), 50)
  assert.equal(new Backoff(timing, () => 0).next(1e12), 3_600_000)
})

unit('Retry-After is seconds or a date', ({ parts: { retryAfter } }) => {
  const now = Date.parse('2026-11-29T12:00:00Z')
  assert.equal(retryAfter('3'), 3000)
  assert.equal(retryAfter(' 0.5 '), 500)
  assert.equal(retryAfter('Sun, 29 Nov 2026 12:00:10 GMT', now), 10_000)
  assert.equal(retryAfter('Sun, 29 Nov 2026 11:00:00 GMT', now), 0)
  for (const text of [null, '', 'soon', '-1s']) assert.equal(retryAfter(text, now), null, text)
  assert.equal(retryAfter('99999999999'), 3_600_000)
})

unit('a transport that does not open is left where the relay can be reached, and only there', ({ parts: { TransportLadder } }) => {
  const ladder = new TransportLadder(three, timing)
  assert.equal(ladder.failed({ opened: false, lasted: 5, reachable: false }), false)
  assert.equal(ladder.current, 'websocket')
  assert.equal(ladder.failed({ opened: false, lasted: 5, reachable: true }), true)
  assert.equal(ladder.failed({ opened: false, lasted: 5, reachable: true }), true)
  assert.equal(ladder.current, 'long-poll')
  assert.deepEqual(ladder.better, ['websocket', 'event-stream'])
  assert.equal(ladder.failed({ opened: false, lasted: 5, reachable: true }), false)
  assert.equal(ladder.current, 'long-poll')
})

unit('a transport that has worked is left when it does not open twice, or keeps silent once', ({ parts: { TransportLadder } }) => {
  const ladder = new TransportLadder(three, timing)
  const refused = { opened: false, lasted: 5, reachable: true }
  ladder.opened()
  assert.equal(ladder.failed(refused), false)
  ladder.opened()
  assert.deepEqual([ladder.failed(refused), ladder.failed(refused)], [false, true])
  assert.equal(ladder.current, 'event-stream')
  ladder.opened()
  assert.equal(ladder.failed({ ...refused, lasted: 10 }), true)
  assert.equal(ladder.current, 'long-poll')
})

unit('a transport that breaks soon is left after the third time in a row', ({ parts: { TransportLadder } }) => {
  const ladder = new TransportLadder(three, timing)
  const short = { opened: true, lasted: 5, reachable: true }
  assert.deepEqual([ladder.failed(short), ladder.failed(short)], [false, false])
  assert.equal(ladder.failed({ ...short, lasted: 10 }), false)
  assert.deepEqual([ladder.failed(short), ladder.failed(short), ladder.failed(short)], [false, false, true])
  assert.equal(ladder.current, 'event-stream')
})

unit('who begins below the best transport comes back to it, and who has one alone keeps it', ({ parts: { TransportLadder } }) => {
  const ladder = new TransportLadder(three, timing)
  ladder.skip()
  assert.deepEqual([ladder.current, ladder.better, ladder.pause], ['event-stream', ['websocket'], 60])
  ladder.climbed('websocket')
  assert.equal(ladder.current, 'websocket')
  // One that was left in a hurry is tried at once, and then after the usual pauses.
  assert.equal(ladder.failed({ opened: false, lasted: 5, reachable: true, hurried: true }), true)
  assert.equal(ladder.pause, 0)
  const pause = ladder.climbFailed() ?? ladder.pause
  assert.ok(pause >= 60)
  ladder.climbFailed()
  assert.equal(ladder.pause, Math.min(200, 2 * pause))
  const single = new TransportLadder(['websocket'], timing)
  single.skip()
  assert.equal(single.current, 'websocket')
})

unit('texts behind their lengths come whole, however their bytes are cut', ({ parts: { TextCutter, measured } }) => {
  const texts = ['a', '', '{"n":1}', 'ä€😀', 'x'.repeat(70_000), '', 'end']
  const bytes = Buffer.concat(texts.map(measured))
  for (const size of [1, 2, 3, 4, 5, 7, 1000, 65_536, bytes.length]) {
    const cutter = new TextCutter()
    const found = []
    for (let at = 0; at < bytes.length; at += size) found.push(...cutter.push(new Uint8Array(bytes.subarray(at, at + size))))
    assert.deepEqual(found, texts, `pieces of ${size}`)
  }
  const cutter = new TextCutter()
  assert.throws(() => [...cutter.push(Uint8Array.of(255, 255, 255, 255))], { name: 'NetworkError' })
})

unit('where sessions are opened is asked once, and again after one that failed', async ({ NetworkError, NotFoundError, parts: { SessionOffer } }) => {
  const listed = { transports: [{ type: 'http', url: 'http://a' }, { type: 'webtransport', url: 'https://a:1/wt', certificate_hashes: ['00ff', '0a'] }] }
  let answer = listed
  let asked = 0
  const http = {
    timing: { open: 5_000, quic: 10, climb: 10_000, climbLongest: 60_000 },
    ask: async () => {
      asked++
      if (answer instanceof Error) throw answer
      return { body: answer }
    }
  }
  const offer = new SessionOffer(http)
  const [first, second] = await Promise.all([offer.get(), offer.get()])
  assert.equal(first, second)
  assert.deepEqual([first.url.href, first.digests.map(digest => [...digest]), asked], ['https://a:1/wt', [[0, 255], [10]], 1])
  assert.equal(offer.isShunned, false)
  offer.failed()
  assert.equal(offer.isShunned, true)
  await offer.get()
  assert.equal(asked, 2)
  // How long one may take follows from what the last one took.
  assert.equal(offer.patience, 10)
  for (const [took, patience] of [[1, 10], [100, 300], [4000, 5000]]) {
    offer.opened(took)
    assert.equal(offer.patience, patience)
  }
  assert.equal(offer.isShunned, false)
  // What a relay does not offer is not asked for again; one that could not be asked is.
  for (const [said, count] of [
    [{ transports: [{ type: 'http', url: 'http://a' }] }, 1], [{}, 1], [{ transports: [{ type: 'webtransport', url: 'no address' }] }, 1],
    [new NotFoundError('none'), 1], [new NetworkError('away', { code: 'network' }), 2]
  ]) {
    [answer, asked] = [said, 0]
    const other = new SessionOffer(http)
    assert.deepEqual([await other.get(), await other.get(), asked], [null, null, count], String(said))
  }
})

unit('a better transport is tried after pauses that grow, until one proves itself', ({ parts: { TransportLadder } }) => {
  const ladder = new TransportLadder(three, timing)
  const refused = { opened: false, lasted: 5, reachable: true }
  ladder.failed(refused)
  ladder.failed(refused)
  assert.equal(ladder.pause, 60)
  ladder.climbFailed()
  assert.equal(ladder.pause, 120)
  ladder.climbed('websocket')
  assert.deepEqual([ladder.current, ladder.better], ['websocket', []])
  // It had opened, and does not hold.
  ladder.failed(refused)
  assert.deepEqual([ladder.current, ladder.pause], ['event-stream', 200])
  ladder.climbed('websocket')
  ladder.failed({ opened: true, lasted: 10, reachable: true })
  assert.deepEqual([ladder.current, ladder.pause], ['websocket', 60])
})

unit('a position says where to begin', ({ parts: { Position } }) => {
  assert.deepEqual([new Position('latest').wire, new Position('latest').cursor], [undefined, null])
  assert.deepEqual([new Position('earliest').wire, new Position('earliest').cursor], ['earliest', null])
  assert.equal(new Position('0123456789abcdef@5-1').wire, '0123456789abcdef@5-1')
  assert.equal(new Position('5-1').wire, '5-1')
  const position = new Position('earliest')
  position.moveTo('0-0', null)
  assert.equal(position.wire, '0-0')
})

unit('a position keeps its epoch until it is told of a gap', ({ parts: { Position } }) => {
  const position = new Position('aaaaaaaaaaaaaaaa@5-0')
  // An answer without an epoch says nothing of it.
  position.moveTo('5-0')
  assert.equal(position.cursor, 'aaaaaaaaaaaaaaaa@5-0')
  assert.deepEqual(position.advance('6-0'), { cursor: 'aaaaaaaaaaaaaaaa@6-0', gap: null })
  const gap = { topic: 't', after: '6-0', resumedFrom: '4-0', epoch: 'bbbbbbbbbbbbbbbb' }
  assert.equal(position.passGap(gap), true)
  // Who connects again here is told again, and tells it once.
  assert.equal(position.cursor, 'aaaaaaaaaaaaaaaa@6-0')
  assert.equal(position.passGap({ ...gap }), false)
  assert.deepEqual(position.advance('4-0'), { cursor: 'bbbbbbbbbbbbbbbb@4-0', gap })
  assert.deepEqual(position.advance('7-0'), { cursor: 'bbbbbbbbbbbbbbbb@7-0', gap: null })
  assert.equal(position.passGap(gap), true)
})

unit('an event stream is read in whatever pieces it comes', ({ parts: { EventStreamParser } }) => {
  const text = '\uFEFFretry: 1000\n\nid: a:1-0,b:x@2-0\n\n: comment\r\nid: 5-0\r\nevent: message\r\ndata: {"a":1}\r\n\r\nevent: gap\rdata: one\rdata:two\rdata\r\r\ndata: "no end"\n'
  const expected = [{ id: 'a:1-0,b:x@2-0' }, { id: '5-0', event: 'message', data: '{"a":1}' }, { event: 'gap', data: 'one\ntwo\n' }]
  for (let size = 1; size <= text.length; size++) {
    const parser = new EventStreamParser()
    const events = []
    for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)))
    assert.deepEqual(events, expected, `pieces of ${size}`)
  }
})

unit('an event id tells the cursors of one topic or of several', ({ parts: { cursorsOf } }) => {
  assert.deepEqual(cursorsOf('e@5-0', ['news']), [['news', 'e@5-0']])
  assert.deepEqual(cursorsOf('news:e@5-0,jobs:0-0', ['news', 'jobs']), [['news', 'e@5-0'], ['jobs', '0-0']])
})

unit('bytes go to base64 and back, many too', ({ parts: { fromBase64, toBase64 } }) => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) % 256)
  assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'))
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes)
  assert.equal(toBase64(new Uint8Array()), '')
})

/** A relay's routes for tokens, with what was asked of them. */
function tokenRelay ({ parts: { Http } }, answers = []) {
  const asked = []
  const fetcher = async (address, { body }) => {
    asked.push([new URL(address).pathname, String(body)])
    await new Promise(resolve => setTimeout(resolve, 5))
    const status = answers.shift() ?? 200
    if (status === 'lost') throw new TypeError('fetch failed')
    const number = asked.length
    const tokens = { access_token: `access-${number}`, refresh_token: `refresh-${number}`, expires_in: 3600 }
    return new Response(JSON.stringify(status === 200 ? tokens : { detail: 'no' }), { status })
  }
  return { asked, http: new Http(new URL('http://relay/'), fetcher, timing) }
}

const kept = tokens => ({ value: tokens, get () { return this.value }, set (value) { this.value = value } })
const stale = { accessToken: 'old', refreshToken: 'refresh-0', expiresAt: 0, renewAt: 0 }

unit('many who need a token at one moment renew it once', async client => {
  const { asked, http } = tokenRelay(client)
  const store = kept(stale)
  const session = new client.parts.Session(http, { tokens: store }, () => {})
  const tokens = await Promise.all(Array.from({ length: 20 }, () => session.token()))
  assert.deepEqual([new Set(tokens).size, asked.length], [1, 1])
  assert.equal(asked[0][1], '{"refresh_token":"refresh-0"}')
  assert.equal(store.value.refreshToken, 'refresh-1')
  // All of them find that it is not taken: the first renews it, the others get what it got.
  const again = await Promise.all(Array.from({ length: 20 }, () => session.token(null, 'access-1')))
  assert.deepEqual([new Set(again).size, again[0], asked.length], [1, 'access-2', 2])
  assert.equal(await session.token(null, 'access-1'), 'access-2')
})

unit('pages with one store renew in turn, and take over what another has renewed', async client => {
  const { asked, http } = tokenRelay(client)
  const store = kept(stale)
  let last = Promise.resolve()
  const lock = (_, act) => (last = last.then(act, act))
  const sessions = Array.from({ length: 8 }, () => new client.parts.Session(http, { tokens: store, lock }, () => {}))
  const tokens = await Promise.all(sessions.map(session => session.token()))
  assert.deepEqual([new Set(tokens).size, asked.length], [1, 1])
})

unit('a caller that leaves does not end the renewal', async client => {
  const { asked, http } = tokenRelay(client)
  const session = new client.parts.Session(http, { tokens: kept(stale) }, () => {})
  const controller = new AbortController()
  const left = session.token(controller.signal)
  const stays = session.token()
  controller.abort(new Error('left'))
  await assert.rejects(left, { message: 'left' })
  assert.deepEqual([await stays, asked.length], ['access-1', 1])
})

unit('a refresh that failed on the way is repeated, and while the old token is good nobody waits for it', async client => {
  const lost = tokenRelay(client, ['lost', 503])
  const relay = new client.PulsarRelay('http://relay', { tokens: kept(stale), fetch: lost.http.fetcher, timing })
  assert.deepEqual([await relay.token(), lost.asked.length], ['access-3', 3])
  const away = tokenRelay(client, ['lost'])
  const good = { ...stale, expiresAt: Date.now() + 60_000 }
  const patient = new client.parts.Session(away.http, { tokens: kept(good) }, () => {})
  assert.deepEqual([await patient.token(), away.asked.length], ['old', 1])
  assert.deepEqual([await patient.token(), away.asked.length], ['access-2', 2])
})

unit('a refresh token that is not taken ends the login, or begins another where there are credentials', async client => {
  const over = tokenRelay(client, [401])
  const store = kept(stale)
  const told = []
  const session = new client.parts.Session(over.http, { tokens: store }, (type, { error }) => told.push([type, error?.name]))
  await assert.rejects(session.token(), { name: 'AuthenticationError', status: 401 })
  assert.equal(store.value, null)
  assert.deepEqual(told, [['logout', 'AuthenticationError']])
  await assert.rejects(session.token(), { name: 'AuthenticationError', status: null })
  assert.equal(over.asked.length, 1)
  const { asked, http } = tokenRelay(client, [401])
  const program = new client.parts.Session(http, { tokens: kept(stale), credentials: { username: 'a', password: 'b' } }, () => {})
  assert.equal(await program.token(), 'access-2')
  assert.deepEqual(asked.map(([path]) => path), ['/auth/token/refresh', '/auth/login'])
})

const credentials = { username: 'a', password: 'b' }
const stop = new Error('stop')

unit('a log-in by credentials that finds no relay is given up in the time of one request', async client => {
  const quick = { ...timing, retryFirst: 20, retryLongest: 50, retryWithin: 400 }
  const nowhere = tokenRelay(client, Array(1000).fill('lost'))
  const relay = new client.PulsarRelay('http://relay', { credentials, fetch: nowhere.http.fetcher, timing: quick })
  for (const act of [() => relay.whoami(), () => relay.publish('news', {}), () => relay.history('news'), () => relay.token()]) {
    const began = performance.now()
    await assert.rejects(act(), { name: 'NetworkError', code: 'network' })
    assert.ok(performance.now() - began < 650, 'no loop within the loop')
  }
})

unit('a caller that leaves a log-in by credentials leaves nothing that goes on', async client => {
  const nowhere = tokenRelay(client, Array(1000).fill('lost'))
  const relay = new client.PulsarRelay('http://relay', { credentials, fetch: nowhere.http.fetcher, timing: { ...timing, retryLongest: 50 } })
  const controller = new AbortController()
  setTimeout(() => controller.abort(stop), 120)
  await assert.rejects(relay.whoami({ signal: controller.signal }), stop)
  const { length } = nowhere.asked
  assert.ok(length >= 2)
  await new Promise(resolve => setTimeout(resolve, 200))
  assert.equal(nowhere.asked.length, length)
})

unit('a log-in that is under way is cancelled when the last who wait for it have left, and the next caller begins anew', async client => {
  const signals = []
  const fetcher = (_, { signal }) => new Promise((resolve, reject) => {
    signals.push(signal)
    signal.addEventListener('abort', () => reject(signal.reason))
    const tokens = { access_token: 'access', refresh_token: 'refresh', expires_in: 3600 }
    if (signals.length > 1) resolve(new Response(JSON.stringify(tokens)))
  })
  const session = new client.parts.Session(new client.parts.Http(new URL('http://relay/'), fetcher, timing), { credentials }, () => {})
  const [first, second] = [new AbortController(), new AbortController()]
  const waits = [session.token(first.signal), session.token(second.signal)].map(wait => assert.rejects(wait, stop))
  await new Promise(resolve => setTimeout(resolve, 10))
  first.abort(stop)
  await waits[0]
  assert.equal(signals[0].aborted, false)
  second.abort(stop)
  await waits[1]
  assert.equal(signals[0].aborted, true)
  assert.equal(await session.token(), 'access')
})

unit('a certificate that is not trusted is told at once where Node says so', async client => {
  let asked = 0
  const fetcher = async () => {
    asked++
    const cause = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    throw new TypeError('fetch failed', { cause })
  }
  const relay = new client.PulsarRelay('https://relay', { credentials, fetch: fetcher, timing, WebSocket: undefined })
  const told = { name: 'NetworkError', code: 'untrusted', isTransient: false, message: /certificate is not trusted: self-signed/ }
  await assert.rejects(relay.whoami(), told)
  assert.equal(asked, 1)
  await assert.rejects(relay.subscribe('news').ready, told)
  assert.equal(asked, 2)
})

unit('what is stored and is no login counts as none', async client => {
  for (const value of [{}, { accessToken: 7, renewAt: 1 }, { accessToken: 'x' }, []]) {
    const { asked, http } = tokenRelay(client)
    const session = new client.parts.Session(http, { tokens: kept(value) }, () => {})
    await assert.rejects(session.token(), { name: 'AuthenticationError' })
    assert.equal(asked.length, 0)
  }
})

/** A client whose requests get these answers, and how many there were. */
function answering ({ PulsarRelay }, answers) {
  const asked = []
  const fetcher = async (_, { headers }) => {
    asked.push({ at: performance.now(), key: headers['idempotency-key'] })
    const [status, body, fields] = answers.shift()
    return new Response(JSON.stringify(body), { status, headers: fields })
  }
  return { asked, relay: new PulsarRelay('http://relay', { token: 'x', fetch: fetcher, timing }) }
}

const stored = { message_id: '5-0', topic: 'news', timestamp: 't' }

unit('a publish is repeated under its key, and no sooner than the relay asks', async client => {
  const answers = [[503, {}, { 'retry-after': '0.4' }], [429, { detail: 'slow down' }, { 'retry-after': '0.3' }], [500, {}], [201, stored]]
  const { asked, relay } = answering(client, answers)
  assert.equal((await relay.publish('news', { n: 1 })).id, '5-0')
  assert.equal(asked.length, 4)
  assert.equal(new Set(asked.map(({ key }) => key)).size, 1)
  assert.match(asked[0].key, /^[0-9a-f]{32}$/)
  assert.ok(asked[1].at - asked[0].at >= 395, 'after a 503')
  assert.ok(asked[2].at - asked[1].at >= 295, 'after a 429')
})

unit('what is refused is not repeated, nor what would take too long', async client => {
  for (const status of [400, 403, 404, 409, 413, 422]) {
    const { asked, relay } = answering(client, [[status, { detail: 'no' }], [201, stored]])
    await assert.rejects(relay.publish('news', {}), { status, detail: 'no', isTransient: false })
    assert.equal(asked.length, 1)
  }
  const { asked, relay } = answering(client, [[503, {}, { 'retry-after': '60' }], [201, stored]])
  await assert.rejects(relay.publish('news', {}), { status: 503, retryAfter: 60_000 })
  assert.equal(asked.length, 1)
})

unit('an answer that is not a relay\'s is a trouble of the network, and one that comes too late too', async client => {
  const page = new client.parts.Http(new URL('http://relay/'), async () => new Response('<h1>Log in to the Wi-Fi</h1>'), timing)
  await assert.rejects(page.ask('GET', '/auth/me'), { name: 'NetworkError', isTransient: true })
  const silent = (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const slow = new client.parts.Http(new URL('http://relay/'), silent, timing)
  await assert.rejects(slow.ask('GET', '/auth/me', { timeout: 20 }), { name: 'NetworkError', code: 'timeout' })
})

unit('a relay may have a path of its own', async client => {
  const asked = []
  const fetcher = async address => { asked.push(String(address)); return new Response('{}') }
  const relay = new client.PulsarRelay('https://example.org/relay', { fetch: fetcher, token: 'x' })
  await relay.whoami()
  assert.deepEqual(asked, ['https://example.org/relay/auth/me'])
})
