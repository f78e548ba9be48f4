// One document on two relays of one Valkey. The first is killed under writers, and comes back: nothing of which an echo came is lost, who was on it is
// seen no more, and all converge. OTHER_URL is the second relay; the files `kill` and `start` in SCRATCH ask for what their names say.

const { Y, base, check, converged, echoed, equal, eventually, login, newName, open, run, synced, url } = require('./relay.js')
const fs = require('fs')

const other = process.env.OTHER_URL.replace('http', 'ws') + '/yjs'
const ask = file => fs.writeFileSync(`${process.env.SCRATCH}/${file}`, '')
const answers = async () => { try { return (await fetch(`${url}/ready`)).ok } catch { return false } }

const names = client => [...client.awareness.getStates().values()].map(state => state.name).filter(Boolean).sort()
/** Providers renew what they show after 15 s; who was cut off, or came while a relay had just loaded the document, may see others only then. */
const see = (client, expected, seconds = 20) =>
  eventually(() => JSON.stringify(names(client)) === JSON.stringify(expected), `${client.name} sees ${expected}, not ${names(client)}`, seconds)

function show (client, name) {
  client.name = name
  client.awareness.setLocalStateField('name', name)
}

function write (clients) {
  const work = setInterval(() => clients.forEach((client, n) => {
    client.text.insert(client.text.length >> 1, `${n} `)
    client.map.set(`${n}`, client.text.length)
    if (client.array.length > 20) client.array.delete(0, 2)
    client.array.push([n])
  }), 5)
  return () => clearInterval(work)
}

run(async () => {
  const token = await login()
  const name = newName('two relays')
  const here = [0, 1, 2].map(() => open(name, { token }))
  const there = [0, 1, 2].map(() => open(name, { token, address: other }))
  const clients = [...here, ...there]
  await synced(...clients)
  here.forEach((client, n) => show(client, `here ${n}`))
  there.forEach((client, n) => show(client, `there ${n}`))
  const all = clients.map(client => client.name).sort()
  for (const client of clients) await see(client, all)

  const stop = write(clients)
  await eventually(() => clients.every(client => (echoed(client).get(client.doc.clientID) ?? 0) > 200), 'echoes')
  ask('kill')
  await eventually(async () => !await answers(), 'the relay is gone')
  stop()
  // What was echoed is all that the others are sure to have.
  const clocks = here.map(client => echoed(client).get(client.doc.clientID))
  here.forEach(client => client.provider.disconnect())
  const witness = open(name, { token, address: other })
  await synced(witness)
  await eventually(() => {
    const found = Y.decodeStateVector(Y.encodeStateVector(witness.doc))
    return here.every((client, n) => found.get(client.doc.clientID) >= clocks[n])
  }, 'what was echoed is on the other relay')
  await converged(witness, ...there)

  // Nobody told that these are gone: their time passes. The one that comes meanwhile sees who is left as well.
  const left = there.map(client => client.name)
  for (const client of there) await see(client, left, 45)
  await see(witness, left, 45)

  ask('start')
  await eventually(answers, 'the relay is back', 30)
  here.forEach(client => client.provider.connect())
  await synced(...here)
  await converged(witness, ...clients)
  for (const client of clients) await see(client, all)
  equal(clients.map(client => client.watch.denials), clients.map(() => 0), 'refusals')
  check(there.every(client => client.watch.opened === 1), 'the others were not disturbed')
})
