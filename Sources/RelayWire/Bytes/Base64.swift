public import NIOCore

/// Base64 with padding and without line breaks (RFC 4648, section 4).
public enum Base64 {
    /// How many characters `count` bytes take.
    public static func textSize(of count: Int) -> Int { (count + 2) / 3 * 4 }

    /// The one text for these bytes.
    public static func text(_ bytes: ByteBuffer) -> String {
        var text = ByteBuffer()
        text.writeWithOutputRawSpan(minimumWritableBytes: self.textSize(of: bytes.readableBytes)) {
            $0.append(base64: bytes.readableBytesUInt8Span)
        }
        return String(buffer: text)
    }

    /// - Returns: nil for every text that ``text(_:)`` does not give, such as one without its padding.
    public static func bytes(_ text: String) -> ByteBuffer? {
        self.bytes(ByteBuffer(string: text))
    }

    /// As ``bytes(_:)-(String)``, of a text's ASCII.
    public static func bytes(_ text: ByteBuffer) -> ByteBuffer? {
        text.readableBytesUInt8Span.base64Bytes(0..<text.readableBytes)
    }
}

/// Eight characters, or the six bits that each stands for, in the eight bytes of a word: the first in the highest. All of a word are turned at
/// once, without a table and without a branch.
struct Base64Word {
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    var bytes: UInt64

    /// 1 in each byte that is `limit` at least, else 0. All bytes must be below 128.
    private func isAtLeast(_ limit: UInt64) -> UInt64 {
        ((self.bytes &+ Self.ones &* (0x80 - limit)) >> 7) & Self.ones
    }

    // MARK: To text

    /// - Parameter bits: 48 of them, or fewer.
    init(textOf bits: UInt64) {
        var spread = (bits & 0xFFFF_FF00_0000) << 8 | bits & 0xFF_FFFF
        spread = (spread & 0x00FF_F000_00FF_F000) << 4 | spread & 0x0000_0FFF_0000_0FFF
        self.bytes = (spread & 0x0FC0_0FC0_0FC0_0FC0) << 2 | spread & 0x003F_003F_003F_003F
        // `A` to `Z`, `a` to `z`, `0` to `9`, `+`, `/`.
        let (small, digit) = (self.isAtLeast(26), self.isAtLeast(52))
        let (plus, slash) = (self.isAtLeast(62), self.isAtLeast(63))
        self.bytes &+= Self.ones &* 65 &+ small &* 6 &- digit &* 75 &- plus &* 15 &+ slash &* 3
    }

    // MARK: From text

    init(text: UInt64) {
        self.bytes = text
    }

    /// The 48 bits that the characters stand for; nil where one of them is none of base64's.
    var bits: UInt64? {
        guard self.bytes & (Self.ones << 7) == 0 else { return nil }
        let plus = self.isAtLeast(43) &- self.isAtLeast(44)
        let slash = self.isAtLeast(47) &- self.isAtLeast(48)
        let digit = self.isAtLeast(48) &- self.isAtLeast(58)
        let capital = self.isAtLeast(65) &- self.isAtLeast(91)
        let small = self.isAtLeast(97) &- self.isAtLeast(123)
        guard plus &+ slash &+ digit &+ capital &+ small == Self.ones else { return nil }
        let values = self.bytes &+ plus &* 19 &+ slash &* 16 &+ digit &* 4 &- capital &* 65 &- small &* 71
        var joined = (values & 0x3F00_3F00_3F00_3F00) >> 2 | values & 0x003F_003F_003F_003F
        joined = (joined & 0x0FFF_0000_0FFF_0000) >> 4 | joined & 0x0000_0FFF_0000_0FFF
        return (joined & 0x00FF_FFFF_0000_0000) >> 8 | joined & 0xFF_FFFF
    }
}

extension OutputRawSpan {
    /// Base64 without quotes.
    mutating func append(base64 bytes: Span<UInt8>) {
        var offset = 0
        // Eight bytes are read, of which six are taken.
        while offset + 8 <= bytes.count {
            self.append(bigEndian: Base64Word(textOf: bytes.word(at: offset).byteSwapped >> 16).bytes)
            offset += 6
        }
        while offset + 3 <= bytes.count {
            let group = UInt64(bytes[offset]) << 16 | UInt64(bytes[offset + 1]) << 8 | UInt64(bytes[offset + 2])
            self.append(bigEndian: Self.characters(group))
            offset += 3
        }
        switch bytes.count - offset {
        case 1: self.append(bigEndian: Self.characters(UInt64(bytes[offset]) << 16) & ~0xFFFF | 0x3D3D)
        case 2:
            let group = UInt64(bytes[offset]) << 16 | UInt64(bytes[offset + 1]) << 8
            self.append(bigEndian: Self.characters(group) & ~0xFF | 0x3D)
        default: break
        }
    }

    /// The four characters of three bytes.
    private static func characters(_ group: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: Base64Word(textOf: group).bytes)
    }
}

extension Span<UInt8> {
    /// What the base64 in `range` stands for, in a buffer of its own; nil where that is not what some bytes' text looks like.
    func base64Bytes(_ range: Range<Int>) -> ByteBuffer? {
        guard range.count % 4 == 0 else { return nil }
        guard let last = range.indices.last else { return ByteBuffer() }
        let padding = self[last] != UInt8(ascii: "=") ? 0 : self[last - 1] != UInt8(ascii: "=") ? 1 : 2
        var bytes = ByteBuffer()
        var isValid = false
        bytes.writeWithOutputRawSpan(minimumWritableBytes: range.count / 4 * 3) {
            isValid = self.appendBytes(ofBase64: range, padding: padding, to: &$0)
        }
        guard isValid else { return nil }
        return bytes.readSlice(length: bytes.readableBytes - padding)
    }

    /// - Returns: false, with some of the bytes appended, where the text is not base64.
    private func appendBytes(ofBase64 range: Range<Int>, padding: Int, to output: inout OutputRawSpan) -> Bool {
        var offset = range.lowerBound
        // The last four characters may be padded.
        let end = range.upperBound - 4
        while offset + 8 <= end {
            guard let bits = Base64Word(text: self.word(at: offset).byteSwapped).bits else { return false }
            output.append(bigEndian: UInt32(truncatingIfNeeded: bits >> 16))
            output.append(bigEndian: UInt16(truncatingIfNeeded: bits))
            offset += 8
        }
        while offset <= end {
            var characters: UInt64 = 0x4141_4141
            for place in offset..<offset + 4 {
                let isPadding = place >= range.upperBound - padding
                characters = characters << 8 | UInt64(isPadding ? UInt8(ascii: "A") : self[place])
            }
            guard let bits = Base64Word(text: characters).bits else { return false }
            // Bits behind the last byte are zero in the one text for the bytes.
            if offset == end, bits & (1 << (8 * UInt64(padding)) - 1) != 0 { return false }
            output.append(bigEndian: UInt16(truncatingIfNeeded: bits >> 8))
            output.append(UInt8(truncatingIfNeeded: bits))
            offset += 4
        }
        return true
    }
}
