// One document, edited by all who have it open. Its texts are; what else is in it is shown as JSON.

import { api, part } from './api.mjs'
import { badge, button, el, failed, field, head, loading, openForm, rehead, select } from './components.mjs'
import { counted } from './format.mjs'
import { topicAddress } from './topics.mjs'

// Each can be read on white, and white on each.
const colors = ['#a40e26', '#953800', '#7d4e00', '#116329', '#0b6b6b', '#0550ae', '#6639ba', '#99286e']
const [mostPeople, longestName] = [50, 40]
const usualRoot = 'text'

export async function open ({ view, signal, name }) {
  view.classList.add('full')
  const crumbs = el('p.crumbs', {}, el('a', { href: '#/documents' }, 'Documents'))
  const title = el('div', {}, head(name))
  const place = el('div.fill', {}, loading('Loading the editor…'))
  view.append(crumbs, title, place)
  const again = () => { view.replaceChildren(); open({ view, signal, name }) }
  try {
    const path = `api/v1/documents/${part(name)}`
    const [{ Provider }, { Area }, yjs, document, { roots: all }, mayWrite] = await Promise.all([
      import('./provider.mjs'), import('./area.mjs'), import('./yjs.mjs'), isOfSession(name) ? null : api.get(path, { signal }),
      isOfSession(name) ? { roots: [] } : api.get(`${path}/content`, { signal }), mayEdit(name, path)
    ])
    if (signal.aborted) return
    const roots = all.filter(({ kind }) => kind === 'text' || kind === null).map(root => root.name)
    const others = all.length - roots.length
    new Editor({ Provider, Area, yjs, signal, name, document, roots, others, mayWrite, title, place })
  } catch (error) {
    if (!signal.aborted) place.replaceChildren(failed(error, again))
  }
}

/** Whether an update of nothing would be taken. Documents of a session peers edit, with their tickets, and accounts read. */
async function mayEdit (name, path) {
  if (!api.may('write') || isOfSession(name)) return false
  try {
    await api.post(`${path}/updates`, undefined, { body: new Uint8Array(2) })
    return true
  } catch (error) {
    if (error.status === 403) return false
    throw error
  }
}

const isOfSession = name => /^session\/[^/]+\/document\//.test(name)

class Editor {
  #refusal = ''
  #hasSynced = false
  #kept = []

  constructor ({ Provider, Area, yjs, signal, name, document, roots, others, mayWrite, title, place }) {
    Object.assign(this, { yjs, name, document, title, others, mayWrite })
    this.roots = roots.includes(usualRoot) ? roots : [usualRoot, ...roots]
    this.root = roots.includes(usualRoot) ? usualRoot : roots[0] ?? usualRoot
    this.state = el('span.row.small', { role: 'status', id: 'editor-state' })
    this.notice = el('p.failure', { role: 'alert', id: 'editor-notice' })
    this.people = el('ul.row.small.people', { 'aria-label': 'Who is here', id: 'people' })
    this.text = el('textarea', { id: 'document-text', 'aria-label': `Text of ${name}`, spellcheck: 'false', readonly: true })
    this.mirror = el('div.mirror', { 'aria-hidden': 'true' })
    this.choice = select('root', [...this.roots].map(root => [root, root]), this.root)
    this.choice.setAttribute('aria-label', 'Which text of the document')
    this.choice.addEventListener('change', () => this.#choose(this.choice.value))
    place.replaceChildren(el('section.card.list.fill.editor', { 'aria-label': 'Editor' },
      el('header', {}, el('h2', {}, 'Text'), el('span', {}, this.choice), button('Another', () => this.#another(), { kind: 'quiet' }), this.state,
        el('span.push'), this.people),
      el('div.paper', {}, this.mirror, this.text), el('div.foot', {}, this.notice, this.foot = el('span'))))

    const address = new URL(`../yjs/${name.split('/').map(encodeURIComponent).join('/')}`, import.meta.url)
    address.protocol = address.protocol.replace('http', 'ws')
    this.provider = new Provider(address.href, { token: () => api.token(), mayRetry: error => this.#reason(error) })
    this.area = new Area(this.text, this.mirror, {
      edited: edit => this.#edit(edit), moved: () => this.#showSelf(), composing: isComposing => this.provider.hold(isComposing), signal
    })
    this.color = colors[this.provider.doc.clientID % colors.length]
    this.provider.addEventListener('state', ({ detail }) => this.#is(detail), { signal })
    this.provider.awareness.on('change', () => this.#render())
    this.provider.doc.on('beforeTransaction', ({ local }) => { if (!local) this.#kept = this.#positions() })
    this.#choose(this.root)
    signal.addEventListener('abort', () => this.provider.close())
    rehead(this.title, head(name, [], document ? [el('a.button', { href: topicAddress(document.topic_name) }, 'Updates')] : []))
  }

  #choose (root) {
    this.type?.unobserve(this.observer)
    this.root = root
    this.#kept = []
    this.#parts = null
    this.type = this.provider.doc.getText(root)
    this.observer = (_, { local }) => {
      this.#parts = null
      if (!local) this.#show()
    }
    this.type.observe(this.observer)
    this.#show()
    this.#showSelf()
  }

  #another () {
    const name = el('input', { name: 'root', required: true, maxlength: 200, autocomplete: 'off' })
    openForm('Another text', [field('Name', name, 'What a program gets by doc.getText(name)')], {
      submit: 'Open',
      run: async data => {
        const root = data.get('root')
        if (!this.roots.includes(root)) {
          this.roots.push(root)
          this.choice.append(el('option', { value: root }, root))
        }
        this.choice.value = root
        this.#choose(root)
      }
    })
  }

  // The text, and what is typed into it

  // Made once for each change: a text may be long.
  #parts = null

  get #inserts () { return this.#parts ??= this.type.toDelta().map(({ insert }) => insert) }

  /** What is no text stands as one sign, and a text that has some is read only. */
  get #content () { return this.#inserts.map(insert => typeof insert === 'string' ? insert : '\uFFFC').join('') }

  get #isText () { return this.#inserts.every(insert => typeof insert === 'string') }

  #edit ({ index, count, text }) {
    this.provider.doc.transact(() => {
      if (count) this.type.delete(index, count)
      if (text) this.type.insert(index, text)
    }, 'window')
    this.#showSelf()
    this.#render()
  }

  #positions () {
    return this.area.selection.map(index => this.yjs.createRelativePositionFromTypeIndex(this.type, Math.min(index, this.type.length)))
  }

  #show () {
    const places = this.#kept.map(position => this.#indexOf(position) ?? 0)
    this.area.show(this.#content, places.length === 2 ? places : [0, 0])
    this.#render()
  }

  /** Where a position is now; null where it is in another text, or is none. What others say of themselves is any JSON. */
  #indexOf (position) {
    try {
      const place = position && this.yjs.createAbsolutePositionFromRelativePosition(position, this.provider.doc)
      return place?.type === this.type ? place.index : null
    } catch {
      return null
    }
  }

  #showSelf () {
    const [anchor, head] = this.area.hasFocus ? this.#positions() : []
    const state = { user: { name: api.user?.username ?? '', color: this.color }, cursor: head ? { anchor, head } : null }
    if (JSON.stringify(state) !== JSON.stringify(this.provider.awareness.getLocalState())) this.provider.awareness.setLocalState(state)
  }

  // How it is

  #is ({ state, text }) {
    if (state === 'synced') this.#hasSynced = true
    if (state === 'refused') this.#refusal = `The relay did not take the last change: ${text}. Open the page anew to see what the document is.`
    if (state === 'ended') this.#refusal = text
    const said = {
      connecting: ['', 'Connecting…'], synced: ['good', 'Live'], lost: ['warn', 'Not connected: what you type is kept in this window'],
      ended: ['bad', 'Ended'], refused: ['bad', 'Not saved']
    }[state]
    this.state.replaceChildren(el(`span.dot${said[0] && '.' + said[0]}`), said[1])
    if (state === 'synced') this.#show()
    else this.#render()
  }

  /** Why there is no use in another try. A browser does not say why it was not let in. */
  async #reason (error) {
    if (!api.user) return 'You are signed out.'
    if (error && !error.isTransient) return error.message
    if (!this.document) return null
    try {
      await api.get(`api/v1/documents/${part(this.name)}`)
      return null
    } catch (error) {
      return [401, 403, 404].includes(error.status) ? error.message : null
    }
  }

  #render () {
    const isText = this.#isText
    this.area.writable = this.#hasSynced && isText && this.mayWrite && !this.#refusal
    this.notice.textContent = this.#refusal || (isText ? '' : 'There is more than text here (\uFFFC), so it can be read and not changed.')
    const mode = this.mayWrite ? '' : ', to be read only'
    const rest = this.others ? `. The document has ${counted(this.others, 'more part')} that ${this.others === 1 ? 'is' : 'are'} no text` : ''
    this.foot.textContent = `${counted(this.type.length, 'character')}${mode}${rest}`
    const people = [...this.provider.awareness.getStates()].filter(([id]) => id !== this.provider.doc.clientID).map(([id, state]) => this.#person(id, state))
    this.area.showOthers(isText ? people.filter(({ head }) => head !== null) : [])
    const names = [{ name: 'you', color: this.color }, ...people].slice(0, mostPeople)
    this.people.replaceChildren(...names.map(({ name, color }) => {
      const dot = el('span.dot')
      dot.style.backgroundColor = color
      return el('li.row', {}, dot, name)
    }), people.length >= mostPeople ? badge(`${people.length - mostPeople + 1} more`) : '')
  }

  #person (id, state) {
    const { user, cursor } = state ?? {}
    const name = typeof user?.name === 'string' && user.name.trim() ? user.name.slice(0, longestName) : `client ${id}`
    const color = /^#[0-9a-f]{6}$/i.test(user?.color) ? user.color : colors[id % colors.length]
    const [anchor, head] = [cursor?.anchor, cursor?.head].map(position => this.#indexOf(position))
    return { name, color, anchor: anchor ?? head, head }
  }
}
