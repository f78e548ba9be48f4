/// The checksum of ISO 3309, as Ethernet and FINGERPRINT have it (RFC 8489, 14.7).
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320
        }
    }

    static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
        let table = self.table
        var value = UInt32.max
        for index in bytes.indices {
            value = table[Int((value ^ UInt32(bytes[index])) & 0xFF)] ^ value >> 8
        }
        return ~value
    }
}
