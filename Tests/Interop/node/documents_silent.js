// A client that shows nothing of itself and says nothing stays connected: it hears something within its 30 seconds.

const { equal, login, newName, open, pause, run, synced } = require('./relay.js')

run(async () => {
  const client = open(newName(), { token: await login() })
  client.awareness.setLocalState(null)
  await synced(client)
  await pause(36000)
  equal(client.watch.opened, 1, 'connections in 36 s')
  equal(client.watch.denials, 0, 'refusals')
})
