// What a list is narrowed down to. The page's address says it: a link leads to the same, and going back takes one step back.

import { button, el, select } from './components.mjs'

export class Filters {
  /**
   * `page` is the page's name, and `text` what its address says. `choices` are `[key, options, label]`, each a field of its own. `chips` says of
   * each other key how its value is told; they are asked for by `ask`. `changed` is called once others are in force.
   */
  constructor ({ page, text, choices, chips, ask, changed }) {
    Object.assign(this, { page, chips, changed })
    this.query = new URLSearchParams(text ?? '')
    const fields = choices.map(([key, options, label]) => {
      const node = select(key, options, this.of(key))
      node.setAttribute('aria-label', label)
      node.addEventListener('change', () => this.set({ [key]: node.value }))
      return el('div', {}, node)
    })
    this.more = button('Filter', ask, { 'aria-haspopup': 'dialog' })
    this.shown = el('ul.row', { 'aria-label': 'Filters in force' })
    this.node = el('div.row', { role: 'group', 'aria-label': 'Filters' }, fields, this.more, this.shown)
    this.#show()
  }

  get text () { return this.query.toString() }

  /** Whether the list is narrowed down at all. */
  get areSet () { return this.text !== '' }

  /** The value of a key; an empty text where there is none. */
  of (key) { return this.query.get(key) ?? '' }

  set (changes) {
    for (const [key, value] of Object.entries(changes)) {
      if (value) this.query.set(key, value)
      else this.query.delete(key)
    }
    // The page stays, and with it where the focus is.
    history.pushState(null, '', this.areSet ? `#/${this.page}/${encodeURIComponent(this.text)}` : `#/${this.page}`)
    this.#show()
    this.changed()
  }

  #show () {
    const set = Object.keys(this.chips).filter(key => this.of(key))
    this.shown.hidden = set.length === 0
    this.shown.replaceChildren(...set.map(key => el('li', {}, this.#chip(key))))
  }

  #chip (key) {
    const end = () => {
      this.set({ [key]: '' })
      this.more.focus()
    }
    return el('button.chip', { type: 'button', title: this.of(key), onclick: end }, el('span.clip', {}, this.chips[key](this.of(key))),
      el('span', { 'aria-hidden': 'true' }, '×'), el('span.unseen', {}, ', remove this filter'))
  }
}
