package import NIOCore

/// What MessagePack is put into: memory, or a count of the bytes it will take. Each value is written in its shortest form.
///
/// A frame's layout is written once, and both its size and its bytes come from it, so that they can't differ.
package protocol MessagePackSink: ~Copyable, ~Escapable {
    mutating func pack(byte: UInt8)
    mutating func pack(bigEndian number: some FixedWidthInteger & BitwiseCopyable)
    mutating func pack(literal text: StaticString)
    mutating func pack(utf8 text: String)
    mutating func pack(bytes: ByteBuffer)
}

extension MessagePackSink where Self: ~Copyable & ~Escapable {
    package mutating func packNull() { self.pack(byte: 0xC0) }

    package mutating func pack(_ flag: Bool) { self.pack(byte: flag ? 0xC3 : 0xC2) }

    package mutating func pack(_ number: Double) {
        self.pack(byte: 0xCB)
        self.pack(bigEndian: number.bitPattern)
    }

    package mutating func pack(_ number: UInt64) {
        switch number {
        case ...0x7F: self.pack(byte: UInt8(truncatingIfNeeded: number))
        case ...0xFF: self.pack(form: 0xCC, UInt8(truncatingIfNeeded: number))
        case ...0xFFFF: self.pack(form: 0xCD, UInt16(truncatingIfNeeded: number))
        case ...0xFFFF_FFFF: self.pack(form: 0xCE, UInt32(truncatingIfNeeded: number))
        default: self.pack(form: 0xCF, number)
        }
    }

    /// One that is not negative goes as unsigned.
    package mutating func pack(_ number: Int64) {
        switch number {
        case 0...: self.pack(UInt64(number))
        case (-0x20)...: self.pack(byte: UInt8(truncatingIfNeeded: number))
        case (-0x80)...: self.pack(form: 0xD0, Int8(truncatingIfNeeded: number))
        case (-0x8000)...: self.pack(form: 0xD1, Int16(truncatingIfNeeded: number))
        case (-0x8000_0000)...: self.pack(form: 0xD2, Int32(truncatingIfNeeded: number))
        default: self.pack(form: 0xD3, number)
        }
    }

    package mutating func pack(text: String) {
        self.pack(textOf: text.utf8.count)
        self.pack(utf8: text)
    }

    package mutating func pack(name: StaticString) {
        self.pack(textOf: name.utf8CodeUnitCount)
        self.pack(literal: name)
    }

    /// - Parameter text: UTF-8.
    package mutating func pack(text: ByteBuffer) {
        self.pack(textOf: text.readableBytes)
        self.pack(bytes: text)
    }

    package mutating func pack(binary: ByteBuffer) {
        switch binary.readableBytes {
        case ...0xFF: self.pack(form: 0xC4, UInt8(truncatingIfNeeded: binary.readableBytes))
        case ...0xFFFF: self.pack(form: 0xC5, UInt16(truncatingIfNeeded: binary.readableBytes))
        default: self.pack(form: 0xC6, UInt32(truncatingIfNeeded: binary.readableBytes))
        }
        self.pack(bytes: binary)
    }

    /// So many values must be put next.
    package mutating func pack(arrayOf count: Int) {
        switch count {
        case ...0x0F: self.pack(byte: 0x90 | UInt8(truncatingIfNeeded: count))
        case ...0xFFFF: self.pack(form: 0xDC, UInt16(truncatingIfNeeded: count))
        default: self.pack(form: 0xDD, UInt32(truncatingIfNeeded: count))
        }
    }

    /// So many pairs of values must be put next.
    package mutating func pack(mapOf count: Int) {
        switch count {
        case ...0x0F: self.pack(byte: 0x80 | UInt8(truncatingIfNeeded: count))
        case ...0xFFFF: self.pack(form: 0xDE, UInt16(truncatingIfNeeded: count))
        default: self.pack(form: 0xDF, UInt32(truncatingIfNeeded: count))
        }
    }

    private mutating func pack(textOf size: Int) {
        switch size {
        case ...0x1F: self.pack(byte: 0xA0 | UInt8(truncatingIfNeeded: size))
        case ...0xFF: self.pack(form: 0xD9, UInt8(truncatingIfNeeded: size))
        case ...0xFFFF: self.pack(form: 0xDA, UInt16(truncatingIfNeeded: size))
        default: self.pack(form: 0xDB, UInt32(truncatingIfNeeded: size))
        }
    }

    private mutating func pack(form: UInt8, _ number: some FixedWidthInteger & BitwiseCopyable) {
        self.pack(byte: form)
        self.pack(bigEndian: number)
    }
}

/// Counts what a ``MessagePackSink`` would be given.
struct MessagePackSize: MessagePackSink {
    private(set) var bytes = 0

    static func of(_ put: (inout MessagePackSize) -> Void) -> Int {
        var size = MessagePackSize()
        put(&size)
        return size.bytes
    }

    mutating func pack(byte: UInt8) { self.bytes += 1 }
    mutating func pack(bigEndian number: some FixedWidthInteger & BitwiseCopyable) { self.bytes += number.bitWidth / 8 }
    mutating func pack(literal text: StaticString) { self.bytes += text.utf8CodeUnitCount }
    mutating func pack(utf8 text: String) { self.bytes += text.utf8.count }
    mutating func pack(bytes: ByteBuffer) { self.bytes += bytes.readableBytes }
}

extension OutputRawSpan: MessagePackSink {
    package mutating func pack(byte: UInt8) { self.append(byte) }
    package mutating func pack(bigEndian number: some FixedWidthInteger & BitwiseCopyable) {
        self.append(bigEndian: number)
    }
    package mutating func pack(literal text: StaticString) { self.append(literal: text) }
    package mutating func pack(utf8 text: String) { self.append(utf8: text) }
    package mutating func pack(bytes: ByteBuffer) { self.append(bytes: bytes.readableBytesSpan) }
}

/// Grows as it has to: for what is not counted first.
extension ByteBuffer: MessagePackSink {
    package mutating func pack(byte: UInt8) { self.writeInteger(byte) }
    package mutating func pack(bigEndian number: some FixedWidthInteger & BitwiseCopyable) { self.writeInteger(number) }
    package mutating func pack(literal text: StaticString) { self.writeStaticString(text) }
    package mutating func pack(utf8 text: String) { self.writeString(text) }
    package mutating func pack(bytes: ByteBuffer) { self.writeImmutableBuffer(bytes) }
}
