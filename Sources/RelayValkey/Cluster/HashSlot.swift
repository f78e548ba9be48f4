import NIOCore

/// Which of a cluster's 16,384 slots a key, or a sharded channel, belongs to.
enum HashSlot {
    static let count = 16_384

    /// The slot of a key. Where the key holds `{...}` with something in it, only what is in the first of them counts.
    static func of(_ key: some BidirectionalCollection<UInt8>) -> Int {
        Int(CRC16.checksum(self.tag(key))) & (self.count - 1)
    }

    private static func tag<Key: BidirectionalCollection<UInt8>>(_ key: Key) -> Key.SubSequence {
        guard let brace = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
        let start = key.index(after: brace)
        guard let end = key[start...].firstIndex(of: UInt8(ascii: "}")), end > start else { return key[...] }
        return key[start..<end]
    }
}

extension ValkeyArgument {
    var slot: Int {
        switch self.storage {
        case .text(let text): HashSlot.of(text.utf8)
        case .number(let number): HashSlot.of(String(number).utf8)
        case .buffer(let buffer): HashSlot.of(buffer.readableBytesView)
        }
    }
}

/// The checksum by which slots are told: polynomial 0x1021, starting from 0, nothing mirrored (XMODEM's).
enum CRC16 {
    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : (sum << 1) ^ 0x1021 }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        let table = self.table
        return bytes.reduce(0) { sum, byte in (sum << 8) ^ table[Int(UInt8(sum >> 8) ^ byte)] }
    }
}
