// A list of any length. Rows have one height, and only those in view are in the page. The keys that move in a list move from row to row.

import { button, controlsOf, el, empty } from './components.mjs'

const spare = 8

export class VirtualList {
  #rows = []
  #drawn = new Map()
  #isDue = false
  // Whether all rows have to be made anew. Until they are, the old ones stay.
  #isStale = false
  #isClosed = false

  /**
   * `columns` are `{ title, key?, numeric?, wide? }`: one with a key can be sorted by, which `sort(key)` is told of.
   * `key(row)` tells rows apart; `cells(row)` gives the nodes of a row, or of one that is `bare` all of its width.
   * `nearEnd` is called when the last rows come into view. `widen` makes a search that finds nothing one that finds all.
   */
  constructor ({ label, kind, columns, key, cells, dress = () => {}, sort = null, nearEnd = null, widen = null, scrolled = null }) {
    Object.assign(this, { columns, key, cells, dress, nearEnd, scrolled })
    this.headings = el('div.headings.cells', { role: 'row' }, columns.map(column => this.#heading(column, sort)))
    this.sheet = el('div.sheet', { role: 'presentation' })
    const listeners = { onscroll: () => this.#soon(), onkeydown: event => this.#key(event) }
    this.window = el('div.window', { role: 'rowgroup', tabindex: 0, 'aria-label': label, ...listeners }, this.sheet)
    this.none = empty('No match', 'Nothing here is as you have asked.', widen && button('Show all', widen))
    this.none.hidden = true
    this.foot = el('div.foot', { role: 'status' })
    this.table = el('div.rows', { role: 'table', 'aria-label': label }, this.headings, this.window)
    this.node = el(`div.card.list.${kind}`, {}, this.table, this.none, this.foot)
    this.observer = new ResizeObserver(() => this.redraw())
    this.observer.observe(this.window)
  }

  get rows () { return this.#rows }

  /** Shows these. Rows whose key was shown before are kept as they are, unless `isNew`. */
  show (rows, isNew = false) {
    this.#rows = rows
    this.table.setAttribute('aria-rowcount', rows.length + 1)
    this.none.hidden = rows.length > 0
    this.table.hidden = rows.length === 0
    this.#isStale ||= isNew
    // Rows of what was before are not to be pressed any more.
    if (this.#isStale) this.#draw()
    else this.#soon()
  }

  /** Has all rows made anew, from what `show` gives next, or from what they are of. */
  redraw () {
    this.#isStale = true
    this.#soon()
  }

  /** Where to look, in rows from the first. */
  get top () { return this.window.scrollTop / this.#height }

  set top (row) { this.window.scrollTop = row * this.#height }

  marks (key, isDescending) {
    for (const heading of this.headings.children) {
      if (heading.dataset.key === key) heading.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending')
      else heading.removeAttribute('aria-sort')
    }
  }

  /** Draws no more, nor what is due: who saw it may have signed out. */
  close () {
    this.#isClosed = true
    this.observer.disconnect()
  }

  #heading ({ title, key, numeric, wide, hidden }, sort) {
    const content = hidden ? el('span.unseen', {}, title) : key && sort ? el('button', { type: 'button', onclick: () => sort(key) }, title) : title
    const node = el(`div${numeric ? '.num' : ''}${wide ? '.wide' : ''}`, { role: 'columnheader' }, content)
    if (key) node.dataset.key = key
    return node
  }

  get #height () { return Number.parseFloat(getComputedStyle(this.node).getPropertyValue('--row')) || 40 }

  #soon () {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => { this.#isDue = false; this.#draw() })
  }

  #draw () {
    if (this.#isClosed) return
    const height = this.#height
    this.sheet.style.height = `${this.#rows.length * height}px`
    const first = Math.max(0, Math.floor(this.window.scrollTop / height) - spare)
    const last = Math.min(this.#rows.length, Math.ceil((this.window.scrollTop + this.window.clientHeight) / height) + spare)
    const before = this.#drawn
    const isStale = this.#isStale
    this.#isStale = false
    this.#drawn = new Map()
    for (const row of this.#rows.slice(first, last)) {
      const key = this.key(row)
      const old = isStale ? undefined : before.get(key)
      this.#drawn.set(key, old ?? this.#line(row))
      if (old) before.delete(key)
    }
    // The one with the focus goes last, when the focus can go elsewhere.
    const focused = [...before].find(([, line]) => line.contains(document.activeElement))
    for (const line of before.values()) if (line !== focused?.[1]) line.remove()
    this.#place(first, height)
    if (focused) this.#replace(...focused)
    this.scrolled?.(this.window.scrollTop)
    if (last > this.#rows.length - 2 * spare) this.nearEnd?.()
  }

  /** In the page rows follow one another as they do on the screen: so they are read, and so the Tab key goes. */
  #place (first, height) {
    let next = this.sheet.firstChild
    let index = first
    for (const line of this.#drawn.values()) {
      line.style.transform = `translateY(${index * height}px)`
      line.setAttribute('aria-rowindex', index + 2)
      line.dataset.index = index
      index += 1
      if (line === next) next = next.nextSibling
      else this.sheet.insertBefore(line, next)
    }
  }

  /** Takes a row away that has the focus, which the same control of the row that is there instead gets. */
  #replace (key, line) {
    const instead = this.#drawn.get(key)
    const place = (instead && controlsOf(instead)[controlsOf(line).indexOf(document.activeElement)]) ?? this.window
    place.focus({ preventScroll: true })
    line.remove()
  }

  #line (row) {
    const cells = this.cells(row)
    const line = el('div.line.cells', { role: 'row' }, cells.map((cell, index) => {
      const { numeric, wide } = this.columns[index]
      return el(`div${numeric ? '.num' : ''}${wide ? '.wide' : ''}`, { role: 'cell' }, cell)
    }))
    line.dataset.key = this.key(row)
    this.dress(line, row)
    return line
  }

  #key (event) {
    const page = Math.max(1, Math.floor(this.window.clientHeight / this.#height) - 1)
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key]
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const line = document.activeElement.closest('.line')
    const from = line ? Number(line.dataset.index) : step > 0 ? Math.ceil(this.top) - 1 : Math.ceil(this.top)
    this.#focus(Math.min(this.#rows.length - 1, Math.max(0, from + step)))
  }

  #focus (index) {
    if (index < 0) return
    const [height, top] = [this.#height, this.window.scrollTop]
    if (index * height < top) this.window.scrollTop = index * height
    else if ((index + 1) * height > top + this.window.clientHeight) this.window.scrollTop = (index + 1) * height - this.window.clientHeight
    this.#draw()
    const line = this.#drawn.get(this.key(this.#rows[index]))
    if (line) controlsOf(line)[0]?.focus({ preventScroll: true })
  }
}
