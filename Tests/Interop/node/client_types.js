// The types that the relay serves with the client: TypeScript takes a program that uses all of them, and they name what the module has.

const { execFileSync } = require('child_process')
const fs = require('fs')
const path = require('path')
const { check, equal, run, url } = require('./relay.js')
const { importClient } = require('./relay_client.js')

/** Names that a class has on its own instances, by its prototype. */
const members = Class => Object.getOwnPropertyNames(Class.prototype).filter(name => name !== 'constructor')

run(async () => {
  const client = await importClient()
  const reply = await fetch(`${url}/client/pulsar-relay.d.ts`)
  equal([reply.status, reply.headers.get('content-type')], [200, 'application/typescript; charset=utf-8'], 'the types')
  const types = await reply.text()
  fs.writeFileSync(path.join(process.env.SCRATCH, 'pulsar-relay.d.ts'), types)
  fs.copyFileSync(path.join(__dirname, 'types/sample.ts'), path.join(process.env.SCRATCH, 'sample.ts'))
  try {
    execFileSync('tsc', ['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--target', 'es2022', '--module', 'es2022', '--moduleResolution', 'node', '--lib', 'es2022,dom,dom.iterable', 'sample.ts'], { cwd: process.env.SCRATCH, encoding: 'utf8' })
  } catch (error) {
    check(false, `tsc: ${error.stdout}`)
  }

  // Whatever is exported, and whatever a class has, is declared; but for what the tests use.
  const declared = new Set([...types.matchAll(/^export declare (?:const|class|function) (\w+)/gm)].map(([, name]) => name))
  equal([...declared].sort(), Object.keys(client).filter(name => name !== 'parts').sort(), 'what is exported')
  for (const Class of [client.PulsarRelay, client.Subscription]) {
    const body = new RegExp(`^export declare class ${Class.name}\\b.*?^}`, 'ms').exec(types)[0]
    for (const name of members(Class)) check(new RegExp(`^  (?:readonly )?${name}\\b`, 'm').test(body), `${Class.name}.${name} is declared`)
  }
  equal([...new Set([.../export interface Timing {(.*?)^}/ms.exec(types)[1].matchAll(/^  (\w+): number/gm)].map(([, name]) => name))], Object.keys(client.TIMING), 'times')
})
