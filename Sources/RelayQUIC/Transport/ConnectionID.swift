import CNGTCP2

/// How packets name the connection that they are for (RFC 9000 section 5.1): up to 20 bytes.
struct ConnectionID: Hashable, Sendable {
    /// Of those given out here, bytes.
    static let ownSize = Int(QUIC_ID_SIZE)

    private let words: (UInt64, UInt64, UInt32)
    private let size: UInt8

    init(_ id: quic_id) {
        self.words = unsafe withUnsafeBytes(of: id.bytes) { bytes in
            unsafe (
                bytes.loadUnaligned(as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            )
        }
        self.size = id.size
    }

    /// One of chance, of the size of those given out here.
    static func random() -> ConnectionID {
        var generator = SystemRandomNumberGenerator()
        return ConnectionID(words: (generator.next(), generator.next(), 0), size: UInt8(Self.ownSize))
    }

    private init(words: (UInt64, UInt64, UInt32), size: UInt8) {
        self.words = words
        self.size = size
    }

    /// As the library wants it.
    var id: quic_id {
        var id = quic_id()
        let words = self.words
        unsafe withUnsafeMutableBytes(of: &id.bytes) { bytes in
            unsafe bytes.storeBytes(of: words.0, as: UInt64.self)
            unsafe bytes.storeBytes(of: words.1, toByteOffset: 8, as: UInt64.self)
            unsafe bytes.storeBytes(of: words.2, toByteOffset: 16, as: UInt32.self)
        }
        id.size = self.size
        return id
    }

    /// The first two bytes.
    var head: (UInt8, UInt8) { (UInt8(truncatingIfNeeded: self.first), UInt8(truncatingIfNeeded: self.first >> 8)) }

    /// The same with another first byte.
    func beginning(with byte: UInt8) -> ConnectionID {
        let first = UInt64(littleEndian: self.first & ~0xFF | UInt64(byte))
        return ConnectionID(words: (first, self.words.1, self.words.2), size: self.size)
    }

    /// Whether it has the size of those given out here.
    var isOfOwnSize: Bool { Int(self.size) == Self.ownSize }

    private var first: UInt64 { UInt64(littleEndian: self.words.0) }

    static func == (left: ConnectionID, right: ConnectionID) -> Bool {
        left.words == right.words && left.size == right.size
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(self.words.0)
        hasher.combine(self.words.1)
        hasher.combine(self.words.2)
        hasher.combine(self.size)
    }
}
