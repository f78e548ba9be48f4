// Writers while the relay is killed and started again on its port: each update of which an echo came is there afterwards, and the
// providers bring what was not. SIGNAL says how it ends, TIMES how often.

const { Y, check, converged, echoed, equal, eventually, login, newName, open, pause, run, synced } = require('./relay.js')
const fs = require('fs')

const pids = process.env.SCRATCH + '/relay.pid'

/** The process that serves now; the one that was there before is another. */
async function nextPid (last) {
  return eventually(() => {
    const pid = fs.existsSync(pids) ? Number(fs.readFileSync(pids, 'utf8')) : NaN
    return pid > 0 && pid !== last && pid
  }, 'the relay was started again', 60)
}

async function ended (pid) {
  await eventually(() => {
    try { process.kill(pid, 0); return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ') } catch { return true }
  }, 'the relay ended', 30)
}

run(async () => {
  let token = await login()
  const name = newName('killed')
  const writers = [0, 1, 2].map(() => open(name, { token }))
  await synced(...writers)
  writers.forEach((writer, n) => writer.awareness.setLocalStateField('name', n))
  let pid = Number(process.env.RELAY_PID)
  for (let time = 0; time < Number(process.env.TIMES); time++) {
    const start = writers.map(writer => echoed(writer).get(writer.doc.clientID) ?? 0)
    const work = setInterval(() => writers.forEach((writer, n) => {
      writer.text.insert(0, `${n} `)
      writer.map.set(`${n}`, writer.text.length)
    }), 3)
    await eventually(() => writers.every((writer, n) => (echoed(writer).get(writer.doc.clientID) ?? 0) > start[n] + 100), 'echoes')
    process.kill(pid, process.env.SIGNAL)
    await ended(pid)
    clearInterval(work)
    // What was echoed is all that this one knows of.
    const clocks = writers.map(writer => echoed(writer).get(writer.doc.clientID))
    writers.forEach(writer => writer.provider.disconnect())
    pid = await nextPid(pid)

    const witness = open(name, { token })
    await synced(witness)
    const found = Y.decodeStateVector(Y.encodeStateVector(witness.doc))
    for (const [n, writer] of writers.entries()) {
      check(found.get(writer.doc.clientID) >= clocks[n], `echoed up to ${clocks[n]}, found up to ${found.get(writer.doc.clientID)}`)
    }
    writers.forEach(writer => writer.provider.connect())
    await synced(...writers)
    await converged(witness, ...writers)
    await eventually(() => writers.every(writer => writer.awareness.getStates().size >= 3), 'all see each other again', 5)
    equal(writers.map(writer => writer.watch.denials), [0, 0, 0], 'refusals')
    witness.provider.destroy()
  }
})
