// A chart of the last hour, or of as much of it as is known.

import { el, svg } from './components.mjs'
import { shortClock } from './format.mjs'

const [width, height, hour, least] = [600, 100, 3_600_000, 300_000]

export class Chart {
  #values = []
  #shown = null

  /**
   * `series` are `{ name, of, color? }`, where `of(before, after)` makes a number of two samples, or null for none. `write` writes one;
   * `base` is what its units are powers of.
   */
  constructor ({ title, series, write, base = 10 }) {
    Object.assign(this, { title, series, write, base })
    this.colors = series.map(({ color }, index) => `s${color ?? index + 1}`)
    this.lines = this.colors.map(color => svg(`path.${color}`))
    this.cursor = svg('line.cursor', { y1: 0, y2: height, visibility: 'hidden' })
    this.drawing = svg('svg', {
      viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'slider', tabindex: 0, 'aria-valuemin': 0,
      onpointermove: event => this.#point(event), onpointerleave: () => this.#legend(null),
      onkeydown: event => this.#key(event), onblur: () => this.#legend(null)
    }, [0, 0.5, 1].map(part => svg('line.axis', { x1: 0, x2: width, y1: part * height, y2: part * height })), this.lines, this.cursor)
    this.legend = el('ul.legend', { 'aria-hidden': 'true' })
    this.top = el('span')
    this.from = el('span')
    this.to = el('span')
    this.node = el('figure.card.chart', {}, el('figcaption', {}, el('strong', {}, title), this.legend),
      el('div.scale', { 'aria-hidden': 'true' }, this.top), this.drawing, el('div.scale', { 'aria-hidden': 'true' }, this.from, this.to))
  }

  draw (samples) {
    const [now, oldest] = [samples.at(-1).at, samples[0].at]
    const span = Math.min(hour, Math.max(least, now - oldest))
    this.#values = samples.slice(1).map((after, index) => ({
      at: after.at,
      x: width * (1 - (now - after.at) / span),
      numbers: this.series.map(({ of }) => of(samples[index], after))
    }))
    const highest = Math.max(0, ...this.#values.flatMap(({ numbers }) => numbers.filter(Number.isFinite)))
    const scale = rounded(highest, this.base)
    this.lines.forEach((line, index) => line.setAttribute('d', this.#path(index, scale)))
    this.top.textContent = this.write(scale)
    this.from.textContent = shortClock(new Date(now - span))
    this.to.textContent = shortClock(new Date(now))
    this.drawing.setAttribute('aria-valuemax', Math.max(0, this.#values.length - 1))
    this.#legend(this.#shown)
    this.drawing.setAttribute('aria-label', `${this.title}, at most ${this.write(highest)} in this time`)
  }

  #written (number) { return Number.isFinite(number) ? this.write(number) : '–' }

  #path (index, scale) {
    let path = ''
    let isDown = false
    for (const { x, numbers } of this.#values) {
      const number = numbers[index]
      if (!Number.isFinite(number)) { isDown = false; continue }
      const y = (height * (1 - number / scale)).toFixed(1)
      // A number alone is a dash.
      path += isDown ? `L${x.toFixed(1)} ${y}` : `M${(x - 6).toFixed(1)} ${y}L${x.toFixed(1)} ${y}`
      isDown = true
    }
    return path
  }

  #point ({ clientX }) {
    const { left, width: wide } = this.drawing.getBoundingClientRect()
    const x = width * (clientX - left) / wide
    const near = this.#values.reduce((best, value) => best && Math.abs(best.x - x) <= Math.abs(value.x - x) ? best : value, null)
    this.#legend(near?.at ?? null)
  }

  /** The arrow keys go from moment to moment, as a pointer does. */
  #key (event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12, Home: -Infinity, End: Infinity }[event.key]
    if (!step) return
    event.preventDefault()
    const last = this.#values.length - 1
    const from = this.#values.findIndex(({ at }) => at === this.#shown)
    this.#legend(this.#values[Math.min(last, Math.max(0, (from < 0 ? last : from) + step))]?.at ?? null)
  }

  /** The numbers of a moment, or the last ones. */
  #legend (at) {
    this.#shown = at
    const index = this.#values.findIndex(value => value.at === at)
    const value = this.#values[index]
    const numbers = (value ?? this.#values.at(-1))?.numbers ?? []
    const said = this.series.map(({ name }, place) => `${name} ${this.#written(numbers[place])}`).join(', ')
    this.drawing.setAttribute('aria-valuenow', Math.max(0, value ? index : this.#values.length - 1))
    this.drawing.setAttribute('aria-valuetext', `${value ? shortClock(new Date(at)) : 'Now'}: ${said}`)
    this.cursor.setAttribute('visibility', value ? 'visible' : 'hidden')
    if (value) for (const end of ['x1', 'x2']) this.cursor.setAttribute(end, value.x)
    this.legend.replaceChildren(
      ...(value ? [el('li.dim', {}, shortClock(new Date(at)))] : []),
      ...this.series.map(({ name }, index) => el(`li.${this.colors[index]}`, {}, el('span', {}, `${name} ${this.#written(numbers[index])}`)))
    )
  }
}

/** The next number of a simple kind above. */
function rounded (number, base) {
  if (!(number > 0)) return 1
  const unit = base === 10 ? 1 : base ** Math.floor(Math.log(number) / Math.log(base))
  const power = unit * 10 ** Math.floor(Math.log10(number / unit))
  return [1, 2, 5, 10].find(step => step * power >= number) * power
}
