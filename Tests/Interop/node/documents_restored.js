// A document is brought back to what it was while people write in it: all show the same again, and what the relay says of it is what Yjs says.

const { Y, call, check, converged, equal, eventually, login, newName, open, pause, run, synced, url } = require('./relay.js')

run(async () => {
  const token = await login()
  const name = newName('back/again')
  const path = `/api/v1/documents/${encodeURIComponent(name)}`
  const cursor = async () => (await call('GET', path, token)).cursor

  /** A root as the relay shows it. */
  async function shown (query) {
    const reply = await fetch(`${url}${path}/content?${query}`, { headers: { authorization: `Bearer ${token}` } })
    equal(reply.status, 200, `status of ${query}`)
    return reply.text()
  }

  /** All that a client's document says, as one text. */
  const says = ({ doc }) => JSON.stringify([
    doc.getText('text').toDelta(), Object.entries(doc.getMap('map').toJSON()).sort(), doc.getArray('array').toJSON(),
    doc.getXmlFragment('xml').toString()
  ])

  const clients = [open(name, { token }), open(name, { token }), open(name, { token })]
  const [one, two, three] = clients
  await synced(...clients)
  one.text.insert(0, 'one 😀 two three')
  one.text.format(0, 3, { bold: true })
  one.map.set('nested', new Y.Map([['deep', [1, { two: null }]]]))
  one.map.set('key', 'then')
  one.array.push(['a', 1, true])
  one.array.insert(1, [new Y.Text('inner')])
  const paragraph = new Y.XmlElement('p')
  paragraph.setAttribute('id', '7')
  paragraph.insert(0, [new Y.XmlText('in a paragraph')])
  one.doc.getXmlFragment('xml').insert(0, [paragraph])
  await converged(...clients)
  await eventually(async () => await shown('root=text') === one.text.toString(), 'all is stored')
  await eventually(async () => await shown('root=xml') === one.doc.getXmlFragment('xml').toString(), 'the last of it, too')
  const [then, past] = [says(two), await cursor()]

  // All of it is changed, by several.
  two.text.delete(0, 6)
  two.text.insert(3, ' and more of it')
  three.text.format(0, 3, { bold: null, italic: true })
  three.map.delete('nested')
  two.map.set('key', 'now')
  three.map.set('new', 1)
  two.array.delete(1, 2)
  three.array.push(['new'])
  two.doc.getXmlFragment('xml').delete(0, 1)
  await converged(...clients)
  const now = says(one)
  check(now !== then, 'it is changed')
  await eventually(async () => await shown('root=text') === one.text.toString() && await shown('root=array') === JSON.stringify(one.array.toJSON()), 'stored')

  // The present and the past, as the relay tells them.
  for (const [at, expected] of [['', JSON.parse(now)], [`&cursor=${past}`, JSON.parse(then)]]) {
    equal(await shown('root=text&as=text' + at), expected[0].map(part => part.insert).join(''), 'the text')
    equal(JSON.parse(await shown('root=array&as=json' + at)), expected[2], 'the array')
    equal(await shown('root=xml&as=xml' + at), expected[3], 'the XML')
    const map = JSON.parse(await shown('root=map&as=json' + at))
    equal(Object.entries(map).sort(), expected[1], 'the map')
  }

  // Back.
  await call('POST', `${path}/restore`, token, { cursor: past }, 201)
  await eventually(() => clients.every(client => says(client) === then), `all show what was: ${says(one)} for ${then}`)
  await converged(...clients)
  const late = open(name, { token })
  await synced(late)
  equal(says(late), then, 'and who comes late')

  // Back and back again, while all write at once; what they write stays.
  const restored = await cursor()
  let isWriting = true
  const writers = clients.map(async (client, number) => {
    for (let n = 0; isWriting; n++) {
      // In front of the emoji, of which nobody may take half.
      client.text.insert(n % 3, `${number}`)
      if (n % 5 === 4) client.text.delete(0, 1)
      client.map.set(`by ${number}`, n)
      await pause(3)
    }
  })
  for (let n = 0; n < 10; n++) {
    const reply = await fetch(`${url}${path}/restore`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ cursor: n % 2 ? past : restored })
    })
    check([200, 201].includes(reply.status), `status ${reply.status} of a restoration among writers`)
    await pause(20)
  }
  isWriting = false
  await Promise.all(writers)
  for (const client of clients) client.text.insert(0, 'last words ')
  await converged(...clients, late)
  equal(one.text.toString().split('last words ').length, 4, 'what was written last is there')
  await eventually(async () => await shown('root=text') === one.text.toString(), 'the relay says the same')

  // And once more, when nobody writes.
  await call('POST', `${path}/restore`, token, { cursor: past }, 201)
  await eventually(() => [...clients, late].every(client => says(client) === then), 'all show what was')
  equal([...clients, late].map(client => client.watch.denials), [0, 0, 0, 0], 'refusals')
})
