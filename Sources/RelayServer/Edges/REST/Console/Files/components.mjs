// What pages are made of. Every text goes into the page as text: nothing here reads markup.

/** An element. `name` is a tag, with classes after dots. Keys that begin with `on` are listeners, others attributes; false and null are none. */
export function el (name, options = {}, ...children) {
  const [tag, ...classes] = name.split('.')
  return dressed(document.createElement(tag), classes, options, children)
}

/** The same for a drawing. */
export function svg (name, options = {}, ...children) {
  const [tag, ...classes] = name.split('.')
  return dressed(document.createElementNS('http://www.w3.org/2000/svg', tag), classes, options, children)
}

function dressed (node, classes, options, children) {
  if (classes.length) node.classList.add(...classes)
  for (const [key, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value)
    else if (key === 'value') node.value = value
    else node.setAttribute(key, value === true ? '' : value)
  }
  node.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false))
  return node
}

export const button = (text, onclick, { kind = '', ...options } = {}) =>
  el(`button${kind && '.' + kind.split(' ').join('.')}`, { type: 'button', onclick, ...options }, text)

/** What opens something, and looks like a link: it has no address of its own. */
export const linkButton = (text, onclick, options = {}) => button(text, onclick, { kind: 'link', 'aria-haspopup': 'dialog', ...options })

export const badge = (text, kind = '') => el(`span.badge${kind && '.' + kind}`, {}, text)

export const field = (text, control, hint = null) => el('label.field', {}, text, control, hint && el('span.hint', {}, hint))

export const checkbox = (name, text, isOn, hint = null) => {
  const input = el('input', { type: 'checkbox', name })
  input.checked = isOn
  return el('label.check', {}, input, el('span', {}, text, hint && el('span.dim.small', {}, ` – ${hint}`)))
}

export function select (name, options, chosen) {
  const node = el('select', { name }, options.map(([value, text]) => el('option', { value }, text)))
  node.value = chosen
  return node
}

/** A field for a name, which the browser is to leave as it is written. */
export const nameField = (options = {}) =>
  el('input', { name: 'username', required: true, autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', ...options })

export const passwordField = options => el('input', { name: 'password', type: 'password', minlength: 8, autocomplete: 'new-password', ...options })

/** A field that something is searched by. `changed` is called once nothing has been typed for a moment. */
export const searchField = (id, text, changed) =>
  el('input', { type: 'search', id, placeholder: text, 'aria-label': text, oninput: settled(60, changed) })

/** What empties a search, and shows all again. */
export const cleared = (search, render) => () => {
  search.value = ''
  render()
  search.focus()
}

export const permissionBadges = ({ permissions }) => permissions.length
  ? [...permissions].sort().map(name => badge(name, name === 'admin' ? 'accent' : ''))
  : [el('span.dim', {}, 'none')]

/**
 * A small table, whose rows are lists of cells. A title `#Size` is one of numbers; an empty one is of actions. One of more than four columns has
 * each row below the other on narrow screens, and says what it is all the same to screen readers.
 */
export function table (label, titles, rows) {
  const names = titles.map(title => title.replace('#', ''))
  const kind = titles.map(title => title.startsWith('#') ? '.num' : '')
  const heading = (name, index) => el(`th${kind[index]}`, { scope: 'col', role: 'columnheader' }, name || el('span.unseen', {}, 'Actions'))
  const cell = (content, index) => el(`td${kind[index]}`, { role: 'cell', 'data-title': names[index] }, content)
  const name = titles.length > 4 ? 'table.stacks' : 'table'
  return el('div.scroll', {}, el(name, { 'aria-label': label, role: 'table' },
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, names.map(heading))),
    el('tbody', { role: 'rowgroup' }, rows.map(row => el('tr', { role: 'row' }, row.map(cell))))))
}

export const facts = pairs => el('dl.facts', {}, pairs.filter(Boolean).flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]))

export function card (title, body, ...tools) {
  const heading = el('h2', {}, title)
  return el('section.card', {}, el('header', {}, heading, tools.length ? el('span.push.row', {}, tools) : null), body)
}

export const head = (title, marks = [], actions = []) =>
  el('div.head', {}, el('h1', { tabindex: -1 }, title), marks, actions.length ? el('div.actions', {}, actions) : null)

/** Puts another heading in the place of one. Who is on that, as one is when a page opens, stays on it. */
export function rehead (place, node) {
  const hasFocus = place.contains(document.activeElement) && document.activeElement.matches('h1')
  place.replaceChildren(node)
  if (hasFocus) place.querySelector('h1').focus({ preventScroll: true })
}

// What stands where there is nothing to show

export const loading = (text = 'Loading…') => el('div.state.loading', { role: 'status' }, text)

export const empty = (title, text, action = null) => el('div.state', {}, el('strong', {}, title), el('p', {}, text), action)

export const failed = (error, again = null) =>
  el('div.state', { role: 'alert' }, el('strong', {}, 'This did not work'), el('p', {}, error.message), again && button('Try again', again))

/** Shows in `place` that something failed which is tried again by itself. As long as it is the same it is told once, and keeps the focus. */
export function stillFailed (place, error, again = null) {
  if (place.firstElementChild?.getAttribute('role') === 'alert' && place.querySelector('p').textContent === error.message) return
  place.replaceChildren(failed(error, again))
}

/** Shows in `place` what `load` gives, and until then and otherwise what became of it. */
export async function show (place, load) {
  place.replaceChildren(loading())
  try {
    place.replaceChildren(await load())
  } catch (error) {
    if (error.name !== 'AbortError') place.replaceChildren(failed(error, () => show(place, load)))
  }
}

// What is said beside the page

const said = 4000

/** Says that something is done, beside the page and to screen readers. */
export function say (text) {
  const node = el('div', {}, text)
  document.getElementById('toasts').append(node)
  setTimeout(() => node.remove(), said)
}

// Dialogs

/** A dialog that shows something. It is gone once it is closed. */
export function openDialog (title, body, { broad = false, actions = [] } = {}) {
  // What only shows something begins at its end, and not at what changes something.
  const close = button('Close', () => dialog.close(), { autofocus: !body.querySelector('a, button, textarea, [tabindex]') })
  const dialog = opened(title, heading => el('div.panel', {}, heading, body, el('div.end', {}, actions, close)), broad)
  return dialog
}

/** A dialog with a form. `run` gets the form's data; the dialog stays, and says why, where that throws. */
export function openForm (title, fields, { submit, run, danger = false }) {
  const failure = el('p.failure', { role: 'alert' })
  const send = el(`button.primary${danger ? '.danger' : ''}`, { type: 'submit' }, submit)
  const cancel = button('Cancel', () => dialog.close())
  const form = heading => el('form', {
    onsubmit: async event => {
      event.preventDefault()
      failure.textContent = ''
      send.disabled = true
      try {
        await run(new FormData(event.target))
        dialog.close()
      } catch (error) {
        failure.textContent = error.message
      } finally {
        send.disabled = false
      }
    }
  }, heading, fields, failure, el('div.end', {}, cancel, send))
  const dialog = opened(title, form)
  return dialog
}

export const confirmThat = (title, text, submit, run) => openForm(title, [el('p', {}, text)], { submit, run, danger: true })

// One may stand above another.
let dialogs = 0

function opened (title, content, isBroad = false) {
  dialogs += 1
  const id = `dialog-title-${dialogs}`
  const opener = document.activeElement
  const closed = () => {
    dialog.remove()
    // What it was opened by may be gone by now, or be another in its place.
    if (document.activeElement === document.body) restingPlace(opener)?.focus({ preventScroll: true })
  }
  const dialog = el(`dialog${isBroad ? '.broad' : ''}`, { 'aria-labelledby': id, onclose: closed }, content(el('h2', { id }, title)))
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

/** The controls of a row of a list, in their order. */
export const controlsOf = line => [...line.querySelectorAll('a, button')]

/** Where the focus goes that has lost its place: the dialog below, the same control of a row that was made anew, or the page. */
function restingPlace (lost) {
  const below = [...document.querySelectorAll('dialog[open]')].at(-1)
  if (below) return below.querySelector('button')
  const line = lost.closest('.line')
  const same = line && document.querySelector(`.line[data-key="${CSS.escape(line.dataset.key)}"]`)
  return (same && controlsOf(same)[controlsOf(line).indexOf(lost)]) ?? document.querySelector('#view h1')
}

/** Something that can be taken out of the page into the clipboard, and is shown once. */
export function secret (text) {
  const area = el('textarea.mono', { readonly: true, rows: 4, 'aria-label': 'Value to copy', onfocus: () => area.select(), value: text })
  return el('div.stack', {}, area, el('div.row', {}, copyButton('Copy', text)))
}

/** Puts a text into the clipboard, and says whether it could. */
export function copyButton (title, text) {
  const copy = button(title, async () => {
    try {
      await navigator.clipboard.writeText(text)
      say('It is copied.')
      copy.textContent = 'Copied'
    } catch {
      copy.textContent = 'Select the text to copy it'
    }
  })
  return copy
}

/** Waits until there has been no further call for a moment. */
export function settled (milliseconds, action) {
  let timer = null
  return () => {
    clearTimeout(timer)
    timer = setTimeout(action, milliseconds)
  }
}
