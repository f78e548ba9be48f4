// Two windows of the example page and a program with Yjs' own provider edit one text, and see each other.

const { withChromium } = require('./chromium.js')
const { Y, call, check, equal, eventually, login, newName, open, pause, register, run, synced, topicPath, url } = require('./relay.js')

const loaded = page => eventually(() => page.evaluate('document.readyState === "complete" && !!document.querySelector("#entrance")'), 'the page is there')

async function submit (page, values) {
  for (const [field, value] of Object.entries(values)) {
    await page.focus(`#${field}`, 0, 10000)
    await page.type(value)
  }
  await page.press('Enter', 13, '\r')
}

async function enter (page, name) {
  await loaded(page)
  await submit(page, { username: process.env.RELAY_USERNAME, password: 'wrong' })
  await eventually(() => page.text('#failure'), 'the page says that the password is wrong')
  // What the browser says of an answer that is no success.
  page.complaints.splice(0)
  await submit(page, { password: process.env.RELAY_PASSWORD })
  await ready(page)
  await page.focus('#name', 0, 100)
  await page.type(name)
}

const ready = page => eventually(() => page.evaluate('document.querySelector("#area")?.readOnly === false'), 'the text can be changed')
const shows = (page, text) => eventually(async () => (await page.value('#area')) === text, `the page shows ${JSON.stringify(text)}`)

/** What a page's carets are called, and how many lines and characters each is from the beginning of the text. */
const carets = page => page.evaluate(`[...document.querySelectorAll('#mirror .caret')].map(caret => {
  const range = document.createRange()
  range.setStart(document.querySelector('#mirror'), 0)
  range.setEndBefore(caret)
  const hidden = [...range.cloneContents().querySelectorAll('.label')].reduce((sum, label) => sum + label.textContent.length, 0)
  return [caret.innerText, range.toString().length - hidden]
})`)

const showsCarets = (page, expected) => eventually(async () => {
  const found = await carets(page)
  return JSON.stringify(found) === JSON.stringify(expected)
}, `carets ${JSON.stringify(expected)}`)

const people = async (page, expected) => eventually(
  async () => JSON.stringify((await page.texts('#people li')).sort()) === JSON.stringify([...expected].sort()), `the page names ${expected}`)

/** All write at once, again and again, at different places. */
async function writeAtOnce (first, second, program) {
  const typing = async (page, mark, place) => {
    for (let index = 0; index < 15; index++) {
      await page.evaluate(`{ const area = document.querySelector('#area'); area.focus(); area.setSelectionRange(...Array(2).fill(Math.floor(area.value.length * ${place}))) }`)
      await page.type(`${mark}${index % 10}`)
      if (index % 5 === 4) await page.press('Backspace', 8)
    }
  }
  const programming = async () => {
    for (let index = 0; index < 30; index++) {
      program.text.insert(Math.floor(program.text.length / 3), `p${index % 10}`)
      if (index % 5 === 0) program.text.delete(0, 1)
      await pause(7)
    }
  }
  // Tabs in the background get no keys: so they take turns, while the program goes on.
  const programmed = programming()
  for (let round = 0; round < 2; round++) {
    for (const [page, mark, place] of [[first, 'a', 0.2], [second, 'ü', 0.9]]) {
      await page.call('Page.bringToFront')
      await typing(page, mark, place)
    }
  }
  await programmed
  await eventually(async () => {
    const texts = [await first.value('#area'), await second.value('#area'), program.text.toString()]
    return new Set(texts).size === 1
  }, 'all show the same', 30)
}

run(() => withChromium(async browser => {
  const name = newName('plan/v1.2 ü')
  const address = `${url}/example?${new URLSearchParams({ document: name })}`
  const first = await browser.open(address)
  await enter(first, 'Ada')
  await first.focus('#area')
  await first.type('hello 😀')
  await shows(first, 'hello 😀')

  // The second window needs no login.
  await first.click('#again')
  const second = await browser.opened(first)
  await ready(second)
  await shows(second, 'hello 😀')
  await second.focus('#name', 0, 100)
  await second.type('<b>Grace</b>')
  await people(first, ['Ada (you)', '<b>Grace</b>'])
  await people(second, ['<b>Grace</b> (you)', 'Ada'])

  // Each sees the other's caret where it is, and it stays with its character.
  await second.focus('#area', 5)
  await showsCarets(first, [['<b>Grace</b>', 5]])
  // Tabs in the background may hear of no focus.
  await first.call('Page.bringToFront')
  await first.focus('#area', 0)
  await first.type('oh, ')
  await shows(second, 'oh, hello 😀')
  await showsCarets(first, [])
  await second.call('Page.bringToFront')
  await second.focus('#area', 4, 9)
  await showsCarets(first, [['<b>Grace</b>', 9]])
  equal(await first.texts('#mirror .selection'), ['hello'], 'what Grace has selected')

  // A program sees both, and both see it.
  const program = open(name, { token: await login() })
  await synced(program)
  equal(program.text.toString(), 'oh, hello 😀', 'what a program has')
  const names = () => [...program.awareness.getStates().values()].map(state => state.user?.name).filter(Boolean).sort()
  await eventually(() => JSON.stringify(names()) === JSON.stringify(['<b>Grace</b>', 'Ada']), 'a program sees both')
  const grace = [...program.awareness.getStates().values()].find(state => state.user?.name === '<b>Grace</b>')
  const place = json => Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(json), program.doc)
  equal([place(grace.cursor.anchor).index, place(grace.cursor.head).index], [4, 9], 'where a program finds the selection')
  const position = index => Y.createRelativePositionFromTypeIndex(program.text, index)
  program.awareness.setLocalState({ user: { name: 'Robot', color: 'url(x)' }, cursor: { anchor: position(2), head: position(2) } })
  await people(first, ['Ada (you)', '<b>Grace</b>', 'Robot'])
  await eventually(async () => (await carets(second)).some(([name, index]) => name === 'Robot' && index === 2), 'the caret of a program')

  await writeAtOnce(first, second, program)

  // Who goes is gone.
  program.provider.destroy()
  await people(first, ['Ada (you)', '<b>Grace</b>'])
  await first.click('#leave')
  await people(second, ['<b>Grace</b> (you)'])
  await eventually(async () => (await first.evaluate('document.querySelector("#entrance")?.hidden === false')), 'the first window is out')

  // What the page can't change it says.
  const token = await login()
  const builder = open(newName('more'), { token })
  await synced(builder)
  builder.text.insert(0, 'pictures: ')
  builder.text.insertEmbed(10, { image: 'x' })
  builder.map.set('key', 1)
  const third = await browser.open(`${url}/example?${new URLSearchParams({ document: builder.provider.roomname })}`)
  await loaded(third)
  await submit(third, { token })
  await shows(third, 'pictures: \uFFFC')
  await eventually(async () => (await third.text('#notice')).includes('more than text'), 'the page says what it is not for')
  check(await third.evaluate('document.querySelector("#area").readOnly'), 'it changes nothing')
  builder.text.delete(10, 1)
  await ready(third)
  await eventually(async () => (await third.text('#notice')).includes('“map”'), 'the page names what it does not show')

  // Who may only read sees all, and is told what became of a try to write.
  const reader = await register(token, ['read'])
  await call('POST', `/api/v1/topics/${topicPath(builder.provider.roomname)}/permissions`, token, { username: reader.username }, 201)
  const fourth = await browser.open(`${url}/example?${new URLSearchParams({ document: builder.provider.roomname })}`)
  await loaded(fourth)
  await submit(fourth, { token: reader.token })
  await shows(fourth, 'pictures: ')
  await fourth.focus('#area', 0)
  await fourth.type('x')
  await eventually(async () => (await fourth.text('#notice')).includes('did not take the last change'), 'the page says that nothing was changed')
  check(await fourth.evaluate('document.querySelector("#area").readOnly'), 'nor will it be')
  equal(builder.text.toString(), 'pictures: ', 'what the others have')

  for (const page of [first, second, third, fourth]) equal(page.complaints, [], 'what went wrong on a page')
}))
