// A client with Yjs' own provider, for scenarios in another language. argv: the room, and a token. Each line on its standard input is an edit as
// JSON, or `{}`; each is answered by the document as it is then.

const { open, synced } = require('./relay.js')

const [room, token] = process.argv.slice(2)
const client = open(room, { token })
const edits = {
  insert: ([index, text]) => client.text.insert(index, text),
  delete: ([index, length]) => client.text.delete(index, length),
  set: ([key, value]) => client.map.set(key, value),
  push: values => client.array.push(values),
  show: state => client.awareness.setLocalState(state)
}

synced(client).then(() => require('readline').createInterface({ input: process.stdin }).on('line', line => {
  for (const [name, edit] of Object.entries(JSON.parse(line))) edits[name](edit)
  console.log(JSON.stringify({
    text: client.text.toString(),
    map: client.map.toJSON(),
    array: client.array.toJSON(),
    present: [...client.awareness.getStates().values()]
  }))
}).on('close', () => process.exit(0)))
