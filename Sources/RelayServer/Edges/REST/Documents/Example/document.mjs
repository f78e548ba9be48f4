// A document of Yjs, as far as a page needs it that edits one text: all of it is kept and put in its place, one text can be changed.
//
// Whatever order updates come in, every copy shows the same in the end. What was written at one place at once is put in order by the
// rules of YATA, which all of Yjs' relatives share.

import { Reader, Writer } from './bytes.mjs'
import { Holder, Item, Kind, isSame, readUpdate, writeItem } from './structs.mjs'

export class SharedDocument {
  /** `client`: 32 random bits, by which other copies know what this one has written. */
  constructor (client) {
    this.client = client
    this.roots = new Map()
    // Of each client its items, one after another from clock 0 on.
    this.items = new Map()
    // What waits for what has not come: of each client its items, the first last, and deletions.
    this.waiting = new Map()
    this.waitingDeletions = []
  }

  root (name) {
    if (!this.roots.has(name)) this.roots.set(name, new Holder(name, null))
    return this.roots.get(name)
  }

  /** The clock that a client's next item has. */
  clock (client) { return this.items.get(client)?.at(-1).end ?? 0 }

  // What others have written

  /** Takes an update. Bytes that are none are refused by an error, and nothing is changed. */
  apply (bytes) {
    const { items, deletions } = readUpdate(bytes, name => this.root(name))
    const clients = new Set(items.map(item => item.client))
    for (const item of items) {
      if (!this.waiting.has(item.client)) this.waiting.set(item.client, [])
      this.waiting.get(item.client).push(item)
    }
    for (const client of clients) this.waiting.get(client).sort((one, other) => other.clock - one.clock)
    this.placeWaiting()
    this.waitingDeletions = [...this.waitingDeletions, ...deletions].flatMap(range => this.deleteRange(range))
  }

  /** Whether something waits for what has not come. */
  get isIncomplete () { return this.waiting.size > 0 || this.waitingDeletions.length > 0 }

  placeWaiting () {
    for (let isMoving = true; isMoving;) {
      isMoving = false
      for (const [client, items] of this.waiting) {
        while (items.length > 0 && this.place(items.at(-1))) {
          items.pop()
          isMoving = true
        }
        if (items.length === 0) this.waiting.delete(client)
      }
    }
  }

  /** Returns whether the item is in its place now; else it has to wait. */
  place (item) {
    const known = this.clock(item.client)
    if (known >= item.end) return true
    const ids = [item.origin, item.rightOrigin, item.holder instanceof Holder ? null : item.holder]
    if (known < item.clock || ids.some(id => id && id.clock >= this.clock(id.client))) return false
    this.cutKnown(item, known - item.clock)
    this.integrate(item)
    return true
  }

  /** Leaves out what of an item is here. */
  cutKnown (item, count) {
    if (count === 0) return
    const length = item.length - count
    item.content = item.cutContent(count) ?? item.content
    item.clock += count
    item.length = length
    if (!item.isGone) item.origin = { client: item.client, clock: item.clock - 1 }
  }

  /** Deletes what is here of a range of clocks. Gives what is not. */
  deleteRange ({ client, clock, length }) {
    const end = clock + length
    const known = Math.min(end, this.clock(client))
    if (clock < known) {
      let item = this.startingAt({ client, clock })
      const items = this.items.get(client)
      for (let index = this.index(items, item.clock); index < items.length && items[index].clock < known; index++) {
        item = items[index]
        if (item.end > known && !item.isDeleted) this.cut(item, known - item.clock)
        this.delete(item)
      }
    }
    return known < end ? [{ client, clock: Math.max(clock, known), length: end - Math.max(clock, known) }] : []
  }

  // Places

  /** The place of a clock among a client's items. */
  index (items, clock) {
    let [low, high] = [0, items.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (items[middle].clock <= clock) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The item that an id is in; null where it has not come. */
  find (id) {
    if (!id || id.clock >= this.clock(id.client)) return null
    const items = this.items.get(id.client)
    return items[this.index(items, id.clock)]
  }

  startingAt (id) {
    const item = this.find(id)
    return item && item.clock < id.clock && !item.isGone ? this.cut(item, id.clock - item.clock) : item
  }

  endingAt (id) {
    const item = this.find(id)
    if (item && item.end > id.clock + 1 && !item.isGone) this.cut(item, id.clock + 1 - item.clock)
    return item
  }

  /** Makes two of an item. Gives the second. */
  cut (item, count) {
    const length = item.length - count
    const rest = new Item(item.client, item.clock + count, item.kind, item.cutContent(count), length)
    item.length = count
    rest.origin = item.lastId
    rest.rightOrigin = item.rightOrigin
    rest.holder = item.holder
    rest.key = item.key
    rest.isDeleted = item.isDeleted
    rest.left = item
    rest.right = item.right
    item.right = rest
    if (rest.right) rest.right.left = rest
    else if (rest.key !== null && !rest.isGone) rest.holder.entries.set(rest.key, rest)
    const items = this.items.get(item.client)
    items.splice(this.index(items, item.clock) + 1, 0, rest)
    return rest
  }

  integrate (item) {
    this.findHolder(item)
    if (item.holder) this.link(item)
    else item.vanish()
    if (!this.items.has(item.client)) this.items.set(item.client, [])
    const items = this.items.get(item.client)
    if (!this.extend(items.at(-1), item)) items.push(item)
  }

  /** What lay in a type that is gone is gone. */
  findHolder (item) {
    if (item.isGone) return
    item.left = this.endingAt(item.origin)
    item.right = this.startingAt(item.rightOrigin)
    if (item.left?.isGone || item.right?.isGone) {
      item.holder = null
    } else if (item.left || item.right) {
      const neighbour = item.right ?? item.left
      item.holder = neighbour.holder
      item.key = neighbour.key
    } else if (!(item.holder instanceof Holder)) {
      item.holder = this.find(item.holder)?.inner ?? null
    }
  }

  first (holder, key) {
    if (key === null) return holder.start
    let item = holder.entries.get(key) ?? null
    while (item?.left) item = item.left
    return item
  }

  /** Of what was written between the same neighbours the lower client's comes first, and what was written behind it stays with it. */
  findLeft (item) {
    let left = item.left
    let other = left ? left.right : this.first(item.holder, item.key)
    const [passed, rivals] = [new Set(), new Set()]
    while (other && other !== item.right) {
      passed.add(other)
      rivals.add(other)
      const origin = this.find(other.origin)
      if (isSame(item.origin, other.origin)) {
        if (other.client < item.client) {
          left = other
          rivals.clear()
        } else if (isSame(item.rightOrigin, other.rightOrigin)) {
          break
        }
      } else if (origin && passed.has(origin)) {
        if (!rivals.has(origin)) {
          left = other
          rivals.clear()
        }
      } else {
        break
      }
      other = other.right
    }
    return left
  }

  link (item) {
    const { holder, key } = item
    item.left = this.findLeft(item)
    item.right = item.left ? item.left.right : this.first(holder, key)
    if (item.left) item.left.right = item
    else if (key === null) holder.start = item
    if (item.right) item.right.left = item
    if (item.kind === Kind.type) item.inner = new Holder(null, item)
    if (key !== null && !item.right) {
      holder.entries.set(key, item)
      if (item.left) this.delete(item.left)
    }
    if (holder.item?.isDeleted || (key !== null && item.right)) this.delete(item)
  }

  delete (item) {
    if (item.isDeleted) return
    const inner = item.inner
    item.empty()
    if (inner) this.forget(inner)
  }

  /** All that lies in a type goes with it. */
  forget (holder) {
    for (const last of [holder.start, ...holder.entries.values()]) {
      const step = last === holder.start ? 'right' : 'left'
      for (let item = last; item;) {
        const next = item[step]
        this.delete(item)
        item.vanish()
        item = next
      }
    }
  }

  /** Makes one of an item and the next one where Yjs would: what somebody types letter by letter is one item. */
  extend (item, next) {
    const isNext = item && !next.isGone && item.kind === Kind.text && next.kind === Kind.text && item.key === null && item.right === next &&
      isSame(next.origin, item.lastId) && isSame(next.rightOrigin, item.rightOrigin)
    if (!isNext) return false
    item.content += next.content
    item.length += next.length
    item.right = next.right
    if (item.right) item.right.left = item
    return true
  }

  // The text

  * list (name) {
    for (let item = this.root(name).start; item; item = item.right) if (item.isCounted) yield item
  }

  text (name) { return Array.from(this.list(name), item => item.kind === Kind.text ? item.content : '\uFFFC').join('') }

  /** Whether a root shows nothing but text. */
  isText (name) {
    const isPlain = Array.from(this.list(name)).every(item => item.kind === Kind.text)
    return isPlain && [...this.root(name).entries.values()].every(item => item.isDeleted)
  }

  /** The names of the other roots that show something. */
  others (name) {
    const isShown = holder => !this.list(holder.name).next().done || [...holder.entries.values()].some(item => !item.isDeleted)
    return [...this.roots.values()].filter(holder => holder.name !== name && isShown(holder)).map(holder => holder.name)
  }

  /** The item behind a place in the text, and the one before it; cut there if need be. */
  around (name, index) {
    let [left, right] = [null, this.root(name).start]
    for (; right && index > 0; [left, right] = [right, right.right]) {
      if (!right.isCounted) continue
      if (right.length > index) this.cut(right, index)
      index -= right.length
    }
    return [left, right]
  }

  /** Replaces `count` UTF-16 units of a root's text. Gives the update that says so. */
  replace (name, index, count, text) {
    const deletions = []
    const clock = this.clock(this.client)
    let [left, right] = this.around(name, index)
    if (text) {
      const item = new Item(this.client, clock, Kind.text, text, text.length)
      item.origin = left ? left.lastId : null
      item.rightOrigin = right ? right.id : null
      item.holder = this.root(name)
      this.integrate(item)
    }
    [left, right] = this.around(name, index + text.length)
    for (; right && count > 0; right = right.right) {
      if (!right.isCounted) continue
      if (right.length > count) this.cut(right, count)
      count -= right.length
      deletions.push([right.client, right.clock, right.length])
      this.delete(right)
    }
    return this.update(new Map([...this.items.keys()].map(client => [client, client === this.client ? clock : Infinity])), deletions)
  }

  // Places that stay where they are while the text changes around them

  /**
   * The place `index` of a root's text, as Yjs writes it: by the character behind it, or, where `association` is below 0, by the one
   * before it.
   */
  position (name, index, association = 0) {
    let rest = association < 0 ? index - 1 : index
    const at = item => ({ type: null, tname: name, item, assoc: association })
    if (rest < 0) return at(null)
    for (const item of this.list(name)) {
      if (item.length > rest) return at({ client: item.client, clock: item.clock + rest })
      rest -= item.length
    }
    return at(null)
  }

  /** Where a position is now; null where it is in no text that is here, or is none. */
  indexOf (name, position) {
    const { item: id, tname, assoc = 0 } = position ?? {}
    if (!id) return tname !== name ? null : assoc < 0 ? 0 : this.text(name).length
    const target = Number.isSafeInteger(id.client) && id.clock >= 0 ? this.find(id) : null
    if (target?.holder !== this.root(name) || target.key !== null) return null
    let index = target.isCounted ? id.clock - target.clock + (assoc < 0 ? 1 : 0) : 0
    for (let item = target.left; item; item = item.left) if (item.isCounted) index += item.length
    return index
  }

  // What others may lack

  /** The clocks of all clients: what this copy has. */
  vector () {
    const writer = new Writer()
    writer.uint(this.items.size)
    for (const client of this.items.keys()) {
      writer.uint(client)
      writer.uint(this.clock(client))
    }
    return writer.result
  }

  /** An update with all that somebody lacks who has sent a vector. */
  difference (vector) {
    const reader = new Reader(vector)
    const clocks = new Map()
    for (let count = reader.uint(); count > 0; count--) clocks.set(reader.uint(), reader.uint())
    const deleted = [...this.items.values()].flat().filter(item => item.isDeleted)
    return this.update(clocks, deleted.map(item => [item.client, item.clock, item.length]))
  }

  /** `clocks`: from where on, by client; from 0 on for whom it does not name. */
  update (clocks, deletions) {
    const writer = new Writer()
    const from = client => clocks.get(client) ?? 0
    // Yjs' own merging needs them in falling order.
    const clients = [...this.items.keys()].filter(client => from(client) < this.clock(client)).sort((one, other) => other - one)
    writer.uint(clients.length)
    for (const client of clients) {
      const items = this.items.get(client)
      const first = this.index(items, from(client))
      writer.uint(items.length - first)
      writer.uint(client)
      writer.uint(from(client))
      for (const item of items.slice(first)) writeItem(writer, item, Math.max(0, from(client) - item.clock))
    }
    this.writeDeletions(writer, deletions)
    return writer.result
  }

  /** Ranges that follow each other are one. */
  writeDeletions (writer, deletions) {
    const ranges = new Map()
    for (const [client, clock, length] of deletions.sort((one, other) => other[0] - one[0] || one[1] - other[1])) {
      if (!ranges.has(client)) ranges.set(client, [])
      const last = ranges.get(client).at(-1)
      if (last && last[0] + last[1] === clock) last[1] += length
      else ranges.get(client).push([clock, length])
    }
    writer.uint(ranges.size)
    for (const [client, list] of ranges) {
      writer.uint(client)
      writer.uint(list.length)
      for (const range of list) for (const number of range) writer.uint(number)
    }
  }
}
