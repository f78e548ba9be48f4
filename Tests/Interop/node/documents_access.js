// Who may read may not write, and who may read no more is out at once.

const { base, call, check, converged, equal, eventually, login, newName, open, pause, register, run, statusOf, synced, topicPath } = require('./relay.js')

run(async () => {
  const token = await login()
  const reader = await register(token, ['read'])
  const writer = await register(token)
  const name = newName('shared')
  const owner = open(name, { token })
  await synced(owner)
  owner.text.insert(0, 'by the owner')

  equal(await statusOf(`${base}/${name}?token=${reader.token}`), 403, 'a stranger')
  const topic = `/api/v1/topics/${topicPath(name)}`
  for (const { username } of [reader, writer]) await call('POST', `${topic}/permissions`, token, { username }, 201)

  // A reader reads and shows itself; what it writes nobody gets, and its connection is kept.
  const reading = open(name, { token: reader.token })
  const writing = open(name, { token: writer.token })
  await synced(reading, writing)
  await converged(owner, reading)
  reading.awareness.setLocalStateField('user', 'reader')
  await eventually(() => [...owner.awareness.getStates().values()].some(state => state.user === 'reader'), 'the reader is seen')
  for (let n = 0; n < 5; n++) reading.text.insert(0, 'not allowed ')
  await eventually(() => reading.watch.denials === 1, 'the reader is told')
  writing.text.insert(0, 'by another, ')
  await eventually(() => owner.text.toString() === 'by another, by the owner', 'what the writer wrote')
  await eventually(() => reading.text.toString().includes('by another, '), 'the reader gets it too')
  equal(reading.watch.opened, 1, 'connections of the reader')
  equal(reading.watch.denials, 1, 'refusals that the reader was told of')

  // Taken back: closed at once, and refused before the upgrade from then on.
  for (const client of [reading, writing]) {
    const { id } = client === reading ? reader : writer
    await call('DELETE', `${topic}/permissions/${id}`, token, undefined, 204)
    await eventually(() => client.watch.refusals.length > 1, 'refused after the revocation', 5)
    check(client.watch.refusals.every(status => status === 403), `statuses ${client.watch.refusals}`)
    equal(client.watch.opened, 1, 'connections that were taken on')
  }
  owner.text.insert(0, 'alone again, ')
  await pause(200)
  check(!writing.text.toString().includes('alone'), 'nothing comes to who is out')
  await eventually(() => owner.awareness.getStates().size === 1, 'and who is out is not seen')

  // A document that all may read.
  await call('PUT', topic, token, { is_public: true })
  const guest = await register(token, ['read', 'write'])
  const visiting = open(name, { token: guest.token })
  await synced(visiting)
  await converged(owner, visiting)
  visiting.text.insert(0, 'nor this ')
  await eventually(() => visiting.watch.denials === 1, 'the guest is told')
  check(!owner.text.toString().includes('nor this'), 'the guest did not write')
})
