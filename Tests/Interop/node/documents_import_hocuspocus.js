// Rooms come over by Hocuspocus' protocol, and from relay to relay. There is no server of Hocuspocus' own here: another relay speaks its protocol.

const { check, converged, equal, eventually, login, newName, open, pause, run, synced } = require('./relay.js')
const { following, imported, loginCommand, otherRelay, statuses } = require('./importing.js')

run(async () => {
  const token = await login()
  await loginCommand()
  const other = await otherRelay()
  const reply = await fetch(`${other.url}/auth/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: process.env.RELAY_USERNAME, password: process.env.RELAY_PASSWORD })
  })
  const { access_token: otherToken } = await reply.json()
  const there = room => open(room, { address: `${other.address}/yjs`, token: otherToken })
  const here = room => open(room, { token })

  const name = newName('deep/room')
  const old = there(name)
  await synced(old)
  old.text.insert(0, 'from the other relay 😀')
  old.map.set('key', [1, 2])
  await eventually(() => old.watch.updates.length > 0, 'it is stored')
  await pause(100)
  const collab = [`${other.address}/collab`, '--protocol', 'hocuspocus']

  const refused = await imported(1, ...collab, name)
  check(refused[0].error.includes('the other server refuses'), `without a token: ${refused[0].error}`)
  equal(statuses(await imported(1, ...collab, '--token', 'no such token', name)), { [name]: 'failed' }, 'with a bad one')
  equal(statuses(await imported(0, ...collab, '--token', otherToken, name)), { [name]: 'imported' }, 'with a good one')
  equal(statuses(await imported(0, ...collab, '--token', otherToken, name)), { [name]: 'unchanged' }, 'again')
  const moved = here(name)
  await synced(moved)
  await converged(old, moved)

  // In step, by either protocol: nothing goes round between two servers that both tell a sender what it has said.
  for (const args of [[...collab, '--token', otherToken], [`${other.address}/yjs`, '--param', `token=${otherToken}`]]) {
    const bridge = following(...args, name)
    await eventually(() => bridge.out.length > 0, 'it is there')
    const people = [old, there(name), moved, here(name)]
    await synced(...people)
    for (let round = 0; round < 30; round++) {
      for (const [number, { text, array }] of people.entries()) {
        text.insert((round * 5 + number) % 10, `${number}`)
        array.push([number])
      }
      await pause(5)
    }
    await converged(...people)
    const count = async (url, token) => {
      const reply = await fetch(`${url}/api/v1/documents/${encodeURIComponent(name)}`, { headers: { authorization: `Bearer ${token}` } })
      return (await reply.json()).updates
    }
    const counts = async () => JSON.stringify([await count(process.env.RELAY_URL, token), await count(other.url, otherToken)])
    const messages = people.map(client => client.watch.messages)
    const before = await counts()
    await pause(500)
    equal(await counts(), before, 'nothing is stored any more once nobody writes')
    check(people.every((client, n) => client.watch.messages - messages[n] < 5), 'and nothing is told')
    if (args.length > 3) {
      // A relay that has just loaded a document takes nobody's word for who is there: it may take until the next renewal, 15 s.
      people[1].awareness.setLocalStateField('user', 'over there')
      const seen = () => [...people[3].awareness.getStates().values()].some(state => state.user === 'over there')
      await eventually(seen, 'people see each other')
    }
    for (const client of [people[1], people[3]]) client.provider.destroy()
    await bridge.stop()
  }
})
