// Who is seen: at once, until they go, and again when they are back.

const { WebSocket, base, check, cut, decoding, equal, eventually, login, newName, open, pause, run, synced } = require('./relay.js')

const names = client => [...client.awareness.getStates().values()].map(state => state.name).filter(Boolean).sort()
const see = (client, expected, seconds) =>
  eventually(() => JSON.stringify(names(client)) === JSON.stringify([...expected].sort()), `sees ${expected}, not ${names(client)}`, seconds)

function show (client, name) {
  client.name = name
  client.awareness.setLocalStateField('name', name)
}

/** Asks who is there, with a socket of its own. */
async function query (token, name) {
  const socket = new WebSocket(`${base}/${name}?token=${token}`)
  const awareness = []
  await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => socket.send(new Uint8Array([3])))
    socket.on('message', data => {
      if (data[0] === 1) awareness.push(data)
      if (awareness.length === 2) resolve()
    })
  })
  socket.close()
  const decoder = decoding.createDecoder(decoding.readVarUint8Array(decoding.createDecoder(new Uint8Array(awareness[1]).subarray(1))))
  const states = []
  for (let left = decoding.readVarUint(decoder); left > 0; left--) {
    decoding.readVarUint(decoder)
    decoding.readVarUint(decoder)
    states.push(JSON.parse(decoding.readVarString(decoder)))
  }
  return states
}

run(async () => {
  const token = await login()
  const name = newName()
  const clients = [...Array(10).keys()].map(() => open(name, { token }))
  await synced(...clients)
  clients.forEach((client, n) => show(client, `p${n}`))
  const all = clients.map(client => client.name)
  for (const client of clients) await see(client, all)

  // One change is told once to each of ten, although each sends back what it hears.
  await pause(500)
  const before = clients.reduce((sum, client) => sum + client.watch.entries, 0)
  clients[0].awareness.setLocalStateField('cursor', 5)
  await eventually(() => clients.every(client => client.awareness.getStates().get(clients[0].doc.clientID).cursor === 5), 'the change arrived')
  await pause(500)
  equal(clients.reduce((sum, client) => sum + client.watch.entries, 0) - before, 10, 'entries that were sent for one change')

  equal((await query(token, name)).map(state => state.name).sort(), all, 'the answer to a query')

  const others = all.filter(other => other !== 'p3')
  clients[3].provider.disconnect()
  await see(clients[0], others)
  clients[3].provider.connect()
  await see(clients[0], all, 3)

  // Cut off, and back with the same id and the same clock; and once more, since it is owned anew each time.
  for (let time = 0; time < 3; time++) {
    cut(clients[4])
    await eventually(() => clients[4].watch.opened === time + 2 && clients[4].provider.synced, 'back')
    // It sees the others once they renew what they show, as its provider has it: that is up to 15 s.
    for (const client of clients.filter((_, n) => n !== 3 && n !== 4)) await see(client, all, 3)
  }
  clients[4].provider.shouldConnect = false
  cut(clients[4])
  await see(clients[0], all.filter(other => other !== 'p4'), 3)

  // A newcomer sees all who are there.
  const late = open(name, { token })
  show(late, 'late')
  await see(late, [...all.filter(other => other !== 'p4'), 'late'], 3)
  check(clients[0].watch.opened === 1 && clients[0].watch.denials === 0, 'nobody was disturbed')
})
