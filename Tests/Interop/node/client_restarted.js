// A relay that is killed and stopped under publishers and readers, and started again: each number comes once and in order, by each transport and
// from one to another. The relay is the scenario's own.

const { spawn } = require('child_process')
const net = require('net')
const path = require('path')
const { check, equal, eventually, newName, pause, run } = require('./relay.js')
const { connected, importClient, noted } = require('./relay_client.js')

const count = 600

const freePort = () => new Promise(resolve => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})

async function start (port) {
  const settings = {
    HOST: '127.0.0.1',
    PORT: port,
    STORAGE_BACKEND: 'sqlite',
    DATA_DIR: path.join(process.env.SCRATCH, 'restarted'),
    JWT_SECRET_KEY: 'a secret for the interop tests, long enough',
    BOOTSTRAP_ADMIN_USERNAME: process.env.RELAY_USERNAME,
    BOOTSTRAP_ADMIN_PASSWORD: process.env.RELAY_PASSWORD,
    RATE_LIMITS_ENABLED: 'false'
  }
  const environment = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`PULSAR_${key}`, String(value)]))
  const relay = spawn(process.env.RELAY_PROGRAM, ['serve'], { env: { ...process.env, ...environment }, stdio: 'ignore' })
  relay.over = new Promise(resolve => relay.on('exit', resolve))
  await eventually(() => fetch(`http://127.0.0.1:${port}/health`).then(reply => reply.ok, () => false), 'the relay listens')
  return relay
}

run(async () => {
  const client = await importClient()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running = await start(port)
  try {
    const relay = await connected(client, url)
    const topic = newName('restarted')
    const readers = [undefined, ['websocket'], ['event-stream'], ['long-poll']].map(async transports => {
      const subscription = relay.subscribe(topic, { transports, maxBuffered: 20 })
      const notes = noted(subscription)
      await subscription.ready
      const read = (async () => {
        const numbers = []
        for await (const message of subscription) if (numbers.push(message.payload.n) === count) break
        equal(numbers, Array.from({ length: count }, (_, n) => n), `the numbers by ${transports ?? 'all'}`)
        check(notes.gaps.length === 0, `gaps by ${transports ?? 'all'}`)
        if (!transports) equal([...new Set(notes.opened)], ['websocket'], 'a restart is not taken for a network that forbids')
      })()
      read.catch(() => {})
      return { read }
    })
    const reads = (await Promise.all(readers)).map(({ read }) => read)
    const published = (async () => {
      for (let n = 0; n < count; n++) {
        await relay.publish(topic, { n })
        await pause(5)
      }
    })()
    published.catch(() => {})
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL']) {
      await pause(1000)
      running.kill(signal)
      await running.over
      await pause(300)
      running = await start(port)
    }
    await Promise.all([published, ...reads])
    await relay.close()
  } finally {
    running.kill('SIGKILL')
  }
})
