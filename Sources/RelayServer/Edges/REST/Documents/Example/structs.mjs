// What a document of Yjs is made of: items, each a piece of content with the neighbours between which it was written.

import { Reader } from './bytes.mjs'

/** The numbers of the kinds of content. */
export const Kind = { gone: 0, deleted: 1, json: 2, text: 4, format: 6, type: 7, values: 8, skip: 10 }

/** Those of Kind whose content is several values, each kept as its bytes. */
const isList = kind => kind === Kind.json || kind === Kind.values

/** Whether an id is the same as another; either may be null. */
export const isSame = (id, other) => id === other || (id !== null && other !== null && id.client === other.client && id.clock === other.clock)

/** What holds items: a list of them, and the last of each of its keys. */
export class Holder {
  /** `name` of a root; of any other the `item` that it is the content of. */
  constructor (name, item) {
    this.name = name
    this.item = item
    this.start = null
    this.entries = new Map()
  }
}

/** Consecutive clocks of one client. */
export class Item {
  constructor (client, clock, kind, content, length) {
    this.client = client
    this.clock = clock
    this.kind = kind
    // A text, a list of encoded values, or the bytes of what this page has no use for.
    this.content = content
    this.length = length
    this.origin = null
    this.rightOrigin = null
    // Until it has its place: a holder, an id of one, or null where the neighbours know it.
    this.holder = null
    this.key = null
    this.left = null
    this.right = null
    this.isDeleted = kind === Kind.deleted || kind === Kind.gone
    // Only of a shared type.
    this.inner = null
  }

  get end () { return this.clock + this.length }
  get id () { return { client: this.client, clock: this.clock } }
  get lastId () { return { client: this.client, clock: this.end - 1 } }
  /** Whether nothing of it is known but that it was there. */
  get isGone () { return this.kind === Kind.gone }
  /** Whether it is shown. */
  get isCounted () { return !this.isDeleted && this.kind !== Kind.format }

  /** Cuts the content after `count` clocks, and gives the second part's. */
  cutContent (count) {
    let rest = null
    if (this.kind === Kind.text) {
      [this.content, rest] = cutText(this.content, count)
    } else if (isList(this.kind)) {
      rest = this.content.splice(count)
    }
    this.length = count
    return rest
  }

  /** Becomes a deleted item of which only the place is left. */
  empty () {
    this.isDeleted = true
    this.kind = Kind.deleted
    this.content = null
    this.inner = null
  }

  /** Loses its place, too. */
  vanish () {
    this.empty()
    this.kind = Kind.gone
    this.holder = this.left = this.right = this.origin = this.rightOrigin = null
  }
}

/** Yjs leaves no half of a pair of UTF-16 behind. */
function cutText (text, count) {
  const [first, rest] = [text.slice(0, count), text.slice(count)]
  const last = first.charCodeAt(count - 1)
  return last >= 0xD800 && last <= 0xDBFF ? [first.slice(0, -1) + '\uFFFD', '\uFFFD' + rest.slice(1)] : [first, rest]
}

const readId = reader => ({ client: reader.uint(), clock: reader.uint() })

/** Reads one item. Its kind is `skip` for clocks that are not in the update. */
export function readItem (reader, client, clock, root) {
  const info = reader.byte()
  const kind = info & 31
  if (kind === Kind.gone || kind === Kind.skip) return new Item(client, clock, kind, null, reader.uint())
  const origin = info & 128 ? readId(reader) : null
  const rightOrigin = info & 64 ? readId(reader) : null
  let [holder, key] = [null, null]
  if (origin === null && rightOrigin === null) {
    holder = reader.uint() === 1 ? root(reader.text()) : readId(reader)
    if (info & 32) key = reader.text()
  }
  const item = readContent(reader, client, clock, kind)
  return Object.assign(item, { origin, rightOrigin, holder, key })
}

function readContent (reader, client, clock, kind) {
  const item = (content, length) => new Item(client, clock, kind, content, length)
  const parts = body => Array.from({ length: Math.min(reader.uint(), reader.bytes.length) }, () => reader.span(body))
  switch (kind) {
    case Kind.deleted: return item(null, reader.uint())
    case Kind.text: {
      const text = reader.text()
      return item(text, text.length)
    }
    case Kind.json: {
      const values = parts(() => reader.block())
      return item(values, values.length)
    }
    case Kind.values: {
      const values = parts(() => reader.skipValue())
      return item(values, values.length)
    }
    case 3: case 5: return item(reader.span(() => reader.block()), 1)
    case Kind.format: return item(reader.span(() => { reader.block(); reader.block() }), 1)
    case Kind.type: return item(reader.span(() => { if ([3, 5].includes(reader.uint())) reader.block() }), 1)
    case 9: return item(reader.span(() => { reader.block(); reader.skipValue() }), 1)
    default: throw new RangeError('an item has no known kind')
  }
}

/** Writes an item from its clock `offset` on. */
export function writeItem (writer, item, offset) {
  if (item.isGone) {
    writer.byte(Kind.gone)
    return writer.uint(item.length - offset)
  }
  const origin = offset > 0 ? { client: item.client, clock: item.clock + offset - 1 } : item.origin
  const { rightOrigin, holder, key } = item
  writer.byte(item.kind | (origin ? 128 : 0) | (rightOrigin ? 64 : 0) | (key !== null ? 32 : 0))
  for (const id of [origin, rightOrigin]) if (id) writeId(writer, id)
  if (!origin && !rightOrigin) {
    writer.uint(holder.item ? 0 : 1)
    if (holder.item) writeId(writer, holder.item.id)
    else writer.text(holder.name)
    if (key !== null) writer.text(key)
  }
  writeContent(writer, item, offset)
}

function writeId (writer, { client, clock }) {
  writer.uint(client)
  writer.uint(clock)
}

function writeContent (writer, item, offset) {
  if (item.kind === Kind.deleted) return writer.uint(item.length - offset)
  if (item.kind === Kind.text) return writer.text(item.content.slice(offset))
  if (!isList(item.kind)) return writer.raw(item.content)
  writer.uint(item.length - offset)
  for (const value of item.content.slice(offset)) writer.raw(value)
}

/** An update taken apart: its items, and the clocks that it deletes. Bytes that are none are refused. */
export function readUpdate (bytes, root) {
  const reader = new Reader(bytes)
  const [items, deletions] = [[], []]
  for (let clients = reader.uint(); clients > 0; clients--) {
    const count = reader.uint()
    const client = reader.uint()
    let clock = reader.uint()
    for (let index = 0; index < count; index++) {
      const item = readItem(reader, client, clock, root)
      clock = item.end
      if (item.kind !== Kind.skip && item.length > 0) items.push(item)
    }
  }
  for (let clients = reader.uint(); clients > 0; clients--) {
    const client = reader.uint()
    for (let ranges = reader.uint(); ranges > 0; ranges--) deletions.push({ client, clock: reader.uint(), length: reader.uint() })
  }
  return { items, deletions }
}
