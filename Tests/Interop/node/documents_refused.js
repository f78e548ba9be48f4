// Who may not come in, and which names there are.

const { WebSocket, base, check, equal, eventually, login, newName, open, register, run, statusOf, synced } = require('./relay.js')

run(async () => {
  const token = await login()
  const query = `?token=${token}`
  equal(await statusOf(`${base}/${newName()}`), 401, 'without a token')
  equal(await statusOf(`${base}/${newName()}?token=${token}x`), 401, 'with a wrong token')
  equal(await statusOf(`${base}/${query}`), 404, 'no name')
  for (const name of ['%00', 'a%0Ab', '%ff', '100%', '%zz', 'a'.repeat(256), '%C3', '%20'.repeat(100), '%C2%85']) {
    equal(await statusOf(`${base}/${name}${query}`), 400, `the name "${name.slice(0, 20)}"`)
  }
  for (const name of ['a/b/c', 'a//b', '..%2F..%2Fetc', '-', '_', '__', 'a%2541', 'awareness', 'a/awareness', '日本', '%F0%9F%98%80', 'a%3Fb%23c']) {
    equal(await statusOf(`${base}/${name}${query}`), 101, `the name "${name}"`)
  }
  equal((await fetch(`${base.replace('ws', 'http')}/${newName()}${query}`)).status, 426, 'a plain GET')

  // Names that differ are different documents, and one name in two spellings is one.
  const names = ['a/b', 'a_2fb', 'a__2fb', 'a%252Fb'].map(name => open(name, { token }))
  await synced(...names)
  names.forEach((client, n) => client.text.insert(0, `document ${n}`))
  const same = open('%61%2Fb', { token })
  await synced(same)
  await eventually(() => same.text.toString() === 'document 0', 'the same document in another spelling')
  for (const [n, client] of names.entries()) equal(client.text.toString(), `document ${n}`, `the document ${n}`)

  // The first offered protocol is chosen.
  const socket = new WebSocket(`${base}/${newName()}`, ['y-custom', 'other'], { headers: { authorization: `Bearer ${token}` } })
  await new Promise((resolve, reject) => { socket.on('open', resolve); socket.on('error', reject) })
  equal(socket.protocol, 'y-custom', 'the chosen protocol')
  socket.close()

  // Who may only read makes no document.
  const reader = await register(token, ['read'])
  equal(await statusOf(`${base}/${newName()}?token=${reader.token}`), 404, 'a missing document for who may not make one')
  check(names.every(client => client.watch.opened === 1), 'nobody was thrown out')
})
