// What the scenarios of `pulsar-relay document import` share: the command itself, and servers to bring rooms from.

const { spawn } = require('child_process')
const net = require('net')
const { check, equal, eventually, url } = require('./relay.js')

const program = process.env.RELAY_PROGRAM
const environment = { ...process.env, HOME: process.env.SCRATCH, XDG_CONFIG_HOME: `${process.env.SCRATCH}/config` }
const children = []
process.on('exit', () => children.forEach(child => child.kill('SIGKILL')))

/** A process, with what it says. */
function start (command, args, env = {}) {
  const child = spawn(command, args, { env: { ...environment, ...env } })
  children.push(child)
  const process = { child, out: '', errors: '', status: null }
  child.stdout.on('data', data => { process.out += data })
  child.stderr.on('data', data => { process.errors += data })
  process.ended = new Promise(resolve => child.on('close', (code, signal) => {
    process.status = code ?? signal
    resolve(process)
  }))
  return process
}

function freePort () {
  return new Promise(resolve => {
    const server = net.createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Waits until something listens. */
const listening = port => eventually(() => new Promise(resolve => {
  const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
  socket.on('error', () => resolve(false))
}), `port ${port} is open`)

/** Debian's y-websocket server. It keeps everything in memory. */
async function oldServer (port) {
  const server = start('node', ['/usr/share/nodejs/y-websocket/bin/server.js'], { HOST: '127.0.0.1', PORT: String(port) })
  await listening(port)
  return server
}

/** Another relay. */
async function otherRelay () {
  const port = await freePort()
  const server = start(program, ['serve'], {
    PULSAR_HOST: '127.0.0.1',
    PULSAR_PORT: String(port),
    PULSAR_STORAGE_BACKEND: 'memory',
    PULSAR_JWT_SECRET_KEY: 'another secret for the interop tests, long enough',
    PULSAR_BOOTSTRAP_ADMIN_USERNAME: process.env.RELAY_USERNAME,
    PULSAR_BOOTSTRAP_ADMIN_PASSWORD: process.env.RELAY_PASSWORD
  })
  await listening(port)
  return { server, url: `http://127.0.0.1:${port}`, address: `ws://127.0.0.1:${port}` }
}

/** Runs `pulsar-relay` to its end. */
async function run (...args) {
  const input = typeof args[0] === 'object' ? args.shift().input : ''
  const process = start(program, args)
  process.child.stdin.end(input)
  return process.ended
}

/** Logs the command in at the relay under test. */
async function loginCommand () {
  const { RELAY_USERNAME, RELAY_PASSWORD } = process.env
  const { status, errors } = await run({ input: RELAY_PASSWORD + '\n' }, 'login', '--url', url, '--username', RELAY_USERNAME, '--password-stdin')
  equal(status, 0, `status of the login (${errors})`)
}

/** What became of each room. */
async function imported (status, ...args) {
  const process = await run(...(typeof args[0] === 'object' ? [args.shift()] : []), 'document', 'import', '--json', ...args)
  equal(process.status, status, `status of the import: ${process.out}${process.errors}`)
  return process.out.trim().split('\n').filter(line => line).map(line => JSON.parse(line))
}

const statuses = lines => Object.fromEntries(lines.map(({ room, status }) => [room, status]))

/** An import that goes on; stopped as a person does. */
function following (...args) {
  const process = start(program, ['document', 'import', '--follow', ...args])
  process.stop = async (status = 0) => {
    process.child.kill('SIGINT')
    await process.ended
    equal(process.status, status, `status of a stopped import: ${process.out}${process.errors}`)
  }
  return process
}

module.exports = { following, freePort, imported, loginCommand, oldServer, otherRelay, run, start, statuses, check }
