// A text area that shows a shared text, and where others are in it.

/** The change that makes one text of another: where, how many units go, and what comes. It lies before the caret where it could lie anywhere. */
export function change (before, after, caret) {
  let tail = 0
  while (tail < after.length - caret && tail < before.length && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  let head = 0
  const most = Math.min(before.length, after.length) - tail
  while (head < most && before[head] === after[head]) head++
  // No pair of UTF-16 is cut.
  const isHigh = unit => /[\uD800-\uDBFF]/.test(unit ?? '')
  if (head > 0 && isHigh(before[head - 1])) head--
  if (tail > 0 && (isHigh(before[before.length - tail - 1]) || isHigh(after[after.length - tail - 1]))) tail--
  return { index: head, count: before.length - tail - head, text: after.slice(head, after.length - tail) }
}

export class Area {
  /**
   * `element`: the text area; `mirror`: an element of the same size behind it; `edited(change)` is called for each edit, `moved()` for the
   * rest, and `composing(isComposing)` while an input method puts characters together, when the text must not be changed by others. `signal`
   * says that the area is done with.
   */
  constructor (element, mirror, { edited, moved, composing, signal }) {
    Object.assign(this, { element, mirror, edited, moved })
    this.text = ''
    this.isComposing = false
    const compose = isComposing => {
      this.isComposing = isComposing
      if (!isComposing) this.typed()
      composing(isComposing)
    }
    element.addEventListener('compositionstart', () => compose(true))
    element.addEventListener('compositionend', () => compose(false))
    element.addEventListener('input', () => { if (!this.isComposing) this.typed() })
    element.addEventListener('scroll', () => { mirror.scrollTop = element.scrollTop })
    document.addEventListener('selectionchange', () => { if (document.activeElement === element) this.moved() }, { signal })
    element.addEventListener('blur', () => this.moved())
  }

  /** Where the selection begins and ends, by where it was begun. */
  get selection () {
    const { selectionStart: start, selectionEnd: end, selectionDirection: direction } = this.element
    return direction === 'backward' ? [end, start] : [start, end]
  }

  get hasFocus () { return document.activeElement === this.element && document.hasFocus() }

  typed () {
    const { value, selectionEnd } = this.element
    if (value === this.text) return
    const edit = change(this.text, value, selectionEnd)
    this.text = value
    this.edited(edit)
  }

  /** Text areas know one end of a line. Where a text has another, a sign stands for it, so that places stay what they are. */
  show (text, [anchor, head]) {
    text = text.replaceAll('\r', '\u240D')
    if (text === this.text) return
    this.text = text
    const scrolled = this.element.scrollTop
    this.element.value = text
    this.element.setSelectionRange(Math.min(anchor, head), Math.max(anchor, head), head < anchor ? 'backward' : 'forward')
    this.element.scrollTop = scrolled
  }

  set writable (isWritable) { this.element.readOnly = !isWritable }

  /** Shows carets and selections of others: `[{ name, color, anchor, head }]`. */
  showOthers (people) {
    const cuts = new Set([0, this.text.length, ...people.flatMap(({ anchor, head }) => [anchor, head])])
    const places = [...cuts].filter(place => place <= this.text.length).sort((one, other) => one - other)
    const parts = places.flatMap((place, index) => {
      const carets = people.filter(({ head }) => head === place).map(caret)
      const piece = this.text.slice(place, places[index + 1] ?? place)
      const selecting = people.find(({ anchor, head }) => Math.min(anchor, head) <= place && place < Math.max(anchor, head))
      return [...carets, selecting ? selection(piece, selecting.color) : piece]
    })
    // The last line is as high as any, empty or not.
    this.mirror.replaceChildren(...parts, '\u200B')
    this.mirror.scrollTop = this.element.scrollTop
  }
}

function caret ({ name, color }) {
  const mark = document.createElement('span')
  mark.className = 'caret'
  mark.style.borderColor = color
  const label = document.createElement('span')
  label.className = 'label'
  label.style.backgroundColor = color
  label.textContent = name
  mark.append(label)
  return mark
}

function selection (text, color) {
  const mark = document.createElement('span')
  mark.className = 'selection'
  mark.style.backgroundColor = color + '40'
  mark.textContent = text
  return mark
}
