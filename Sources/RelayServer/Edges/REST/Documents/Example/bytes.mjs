// Numbers and texts as lib0 writes them, which Yjs' updates and messages are made of.

/** Reads bytes from their beginning on. Throws where there are fewer than it needs. */
export class Reader {
  constructor (bytes) {
    this.bytes = bytes
    this.place = 0
  }

  get isAtEnd () { return this.place === this.bytes.length }

  byte () {
    if (this.isAtEnd) throw new RangeError('the message is cut off')
    return this.bytes[this.place++]
  }

  /** A number without sign, seven bits a byte, the lowest first. */
  uint () {
    let number = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      number += (byte & 127) * factor
      if (number > Number.MAX_SAFE_INTEGER) throw new RangeError('a number is too large')
      if (byte < 128) return number
    }
  }

  take (length) {
    if (length > this.bytes.length - this.place) throw new RangeError('the message is cut off')
    this.place += length
    return this.bytes.subarray(this.place - length, this.place)
  }

  /** Bytes with their length in front. */
  block () { return this.take(this.uint()) }

  text () { return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.block()) }

  /** All bytes that `body` reads. */
  span (body) {
    const start = this.place
    body()
    return this.bytes.subarray(start, this.place)
  }

  /** Steps over a value of any type. */
  skipValue (depth = 0) {
    if (depth > 100) throw new RangeError('a value is nested too deep')
    switch (this.byte()) {
      case 127: case 126: case 121: case 120: return
      case 125: while (this.byte() >= 128); return
      case 124: this.take(4); return
      case 123: case 122: this.take(8); return
      case 119: case 116: this.block(); return
      case 118:
        for (let count = this.uint(); count > 0; count--) {
          this.block()
          this.skipValue(depth + 1)
        }
        return
      case 117:
        for (let count = this.uint(); count > 0; count--) this.skipValue(depth + 1)
        return
      default: throw new RangeError('a value has no known type')
    }
  }
}

/** Collects bytes. */
export class Writer {
  constructor () {
    this.bytes = new Uint8Array(64)
    this.length = 0
  }

  get result () { return this.bytes.slice(0, this.length) }

  byte (byte) {
    this.reserve(1)
    this.bytes[this.length++] = byte
  }

  uint (number) {
    for (; number > 127; number = Math.floor(number / 128)) this.byte(128 + number % 128)
    this.byte(number)
  }

  raw (bytes) {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  block (bytes) {
    this.uint(bytes.length)
    this.raw(bytes)
  }

  text (text) { this.block(new TextEncoder().encode(text)) }

  reserve (count) {
    if (this.length + count <= this.bytes.length) return
    const larger = new Uint8Array(2 * (this.length + count))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}
