// Several providers edit one document: at once, cut off and offline; who comes late finds it all, also once nobody is there any more.
// DOCUMENTS_IDLE_SECONDS is 1 for this relay.

const { Y, call, check, converged, cut, equal, eventually, login, newName, open, pause, run, synced, topicPath } = require('./relay.js')

/** Random, but the same for each run. */
function random (seed) {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}

function edit (client, next, mark) {
  const { text, map, array } = client
  switch (next(6)) {
    case 0: return text.insert(next(text.length + 1), `${mark}😀${next(100)} `)
    case 1: return text.length > 3 && text.delete(next(text.length - 2), 2)
    case 2: return map.set(`key ${next(5)}`, { by: mark, n: next(1000) })
    case 3: return array.insert(next(array.length + 1), [next(1000), mark])
    case 4: return array.length > 0 && array.delete(next(array.length), 1)
    case 5: {
      const inner = new Y.Map()
      inner.set('nested', [mark, null, true])
      return map.set(`map ${next(3)}`, inner)
    }
  }
}

async function concurrently (token, name) {
  const next = random(7)
  const clients = [0, 1, 2, 3, 4].map(() => open(name, { token }))
  await synced(...clients)
  for (let round = 0; round < 40; round++) {
    for (const [mark, client] of clients.entries()) edit(client, next, `c${mark}`)
    // One loses its network, another goes and edits offline.
    if (round % 10 === 3) cut(clients[round % 5])
    if (round % 10 === 5) clients[1].provider.disconnect()
    if (round % 10 === 9) clients[1].provider.connect()
    await pause(5)
  }
  await synced(...clients)
  await converged(...clients)
  check(clients[0].text.length > 20 && clients[0].array.length > 5, 'something was written')
  return clients
}

run(async () => {
  const token = await login()
  const name = newName('notes/v1.2 ü & 100%25/')
  const clients = await concurrently(token, name)

  const late = open(name, { token })
  await synced(late)
  await converged(clients[0], late)

  // Nobody is there, nor is the document in the relay's memory.
  for (const client of [...clients, late]) client.provider.destroy()
  await eventually(async () => {
    const metrics = await (await fetch(process.env.RELAY_URL + '/metrics')).text()
    return /^\w*documents_loaded 0$/m.test(metrics)
  }, 'the document left memory')
  const last = open(name, { token })
  await synced(last)
  await converged(clients[0], last)

  // Somebody who was away all the time.
  clients[1].text.insert(0, 'written alone ')
  const again = open(name, { token, doc: clients[1].doc })
  await synced(again)
  await converged(again, last)
  check(last.text.toString().startsWith('written alone '), 'what was written offline arrived')

  // The name is the decoded one.
  const topic = await call('GET', '/api/v1/topics/' + topicPath(decodeURIComponent(name)), token)
  equal(topic.kind ?? topic.topic_kind ?? 'document', 'document', 'the kind of the topic')

  // Rooms are apart.
  const other = open(newName(), { token })
  await synced(other)
  equal(other.text.length, 0, 'length of another document')
})
