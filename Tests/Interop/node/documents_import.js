// The rooms of Debian's y-websocket server come to the relay, while both run and while people write.

const { call, check, converged, equal, eventually, login, open, pause, run, synced } = require('./relay.js')
const { following, freePort, imported, loginCommand, oldServer, run: command, statuses } = require('./importing.js')

run(async () => {
  const token = await login()
  await loginCommand()
  const port = await freePort()
  let server = await oldServer(port)
  const address = `ws://127.0.0.1:${port}`
  const there = (room, options) => open(room, { address, token: 'any', ...options })
  const here = room => open(room, { token })

  // Each room under its own name.
  const names = ['plain', 'deep/er/name', 'a space', 'ünï😀']
  for (const name of names) {
    const client = there(name)
    await synced(client)
    client.text.insert(0, `the text of ${name}`)
    client.map.set('name', name)
    client.array.push([1, { deep: [null] }, 'x'])
    client.text.delete(0, 4)
    await pause(50)
    client.provider.destroy()
  }
  const first = await imported(1, address, 'plain', 'deep/er/name', '--room', 'a space', '--room', 'ünï😀', 'nobody was here', 'bad\u0007name', 'x'.repeat(300))
  equal(statuses(first), {
    plain: 'imported', 'deep/er/name': 'imported', 'nobody was here': 'empty', 'bad\u0007name': 'failed', ['x'.repeat(300)]: 'failed', 'a space': 'imported', 'ünï😀': 'imported'
  }, 'what became of the rooms')
  check(first.find(line => line.status === 'failed').error.includes('no name of a document'), 'a bad name is told')
  check(first.every(line => line.status !== 'imported' || line.bytes > 20), 'bytes are told')
  for (const name of names) {
    const [old, moved] = [there(name), here(name)]
    await synced(old, moved)
    await converged(old, moved)
    equal(moved.text.toString(), `text of ${name}`, 'the text')
    for (const client of [old, moved]) client.provider.destroy()
  }
  equal((await call('GET', '/api/v1/documents/nobody%20was%20here', token, undefined, 404)).detail, 'No such document', 'an empty room makes none')

  // Again: nothing is new. Then only what is.
  const input = names.join('\n') + '\n\n'
  equal(statuses(await imported(0, { input }, address, '--rooms-file', '-')), Object.fromEntries(names.map(name => [name, 'unchanged'])), 'again')
  const more = there('plain')
  await synced(more)
  more.text.insert(0, 'more ')
  await pause(50)
  const [line] = await imported(0, address, 'plain')
  check(line.status === 'imported' && line.bytes < 60, `only what is new comes: ${line.bytes} bytes`)

  // In step, both ways.
  const bridge = following(address, 'plain', 'deep/er/name')
  await eventually(() => bridge.out.split('\n').length > 2, 'both are there')
  const people = [more, there('plain'), here('plain'), here('plain')]
  await synced(...people)
  for (let round = 0; round < 40; round++) {
    for (const [number, { text, map, array }] of people.entries()) {
      text.insert((round * 5 + number) % (text.length + 1), `${number}`)
      if (round % 4 === number) text.delete(0, 2)
      map.set(`key ${round % 3}`, { number, round })
      array.push([number])
    }
    await pause(5)
  }
  await converged(...people)
  equal(people[0].array.length, 163, 'nothing is lost')
  people[0].awareness.setLocalStateField('user', 'from there')
  people[3].awareness.setLocalStateField('user', 'from here')
  const sees = (client, user) => [...client.awareness.getStates().values()].some(state => state.user === user)
  await eventually(() => sees(people[3], 'from there') && sees(people[0], 'from here'), 'people see each other across')
  people[0].provider.destroy()
  await eventually(() => !sees(people[3], 'from there'), 'and that somebody left')

  // What the old server forgets in a restart it is told again.
  const before = people[2].text.toString()
  server.child.kill('SIGKILL')
  await server.ended
  people[1].provider.destroy()
  people[2].text.insert(0, 'meanwhile ')
  server = await oldServer(port)
  const late = there('plain')
  await eventually(() => late.text.toString() === 'meanwhile ' + before, 'the old server has it all again', 40)
  late.text.insert(0, 'after that ')
  await eventually(() => people[2].text.toString().startsWith('after that meanwhile '), 'and is heard again')
  await bridge.stop()
  check(bridge.errors.includes('plain: ') && bridge.errors.includes('trying again'), 'it was told')

  // One way.
  const oneWay = following('--one-way', address, 'plain')
  await eventually(() => oneWay.out.length > 0, 'it is there')
  people[2].text.insert(0, 'only here ')
  late.text.insert(late.text.length, ' both')
  await eventually(() => people[2].text.toString().endsWith(' both'), 'what is new there comes')
  await pause(300)
  check(!late.text.toString().includes('only here'), 'what is new here does not go')
  await oneWay.stop()

  // What goes wrong, goes wrong for each room, and is told.
  server.child.kill('SIGKILL')
  await server.ended
  equal(statuses(await imported(1, address, 'plain', 'other')), { plain: 'failed', other: 'failed' }, 'nobody there')
  const gone = following(address, 'plain')
  await gone.ended
  equal(gone.status, 1, 'nothing to follow')
  for (const wrong of [['http://127.0.0.1:1', 'room'], [address], [address, 'room', '--one-way'], [address, 'room', '--protocol', 'x'], [address, 'room', '--param', 'x']]) {
    const { status } = await command('document', 'import', ...wrong)
    check([1, 2].includes(status), `status ${status} of ${wrong}`)
  }
})
