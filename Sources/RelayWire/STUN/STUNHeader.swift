public import NIOCore

/// The twenty bytes that each message of STUN begins with (RFC 8489, 5).
public struct STUNHeader: Hashable, Sendable {
    /// In bytes.
    public static let size = 20
    /// Bytes 4 to 7 of each message since RFC 5389.
    public static let magicCookie: UInt32 = 0x2112_A442

    public var type: STUNMessageType
    /// Bytes of attributes after the header, a multiple of four.
    public var length: UInt16
    /// ``magicCookie``; a client of RFC 3489 has the first four bytes of its transaction id here.
    public var cookie: UInt32
    public var transaction: STUNTransaction

    /// - Throws: `notSTUN`. Whatever cookie is taken.
    public init(_ bytes: ByteBuffer) throws(STUNError) {
        let start = bytes.readerIndex
        guard
            let (first, length, cookie, high, low) = bytes.getMultipleIntegers(
                at: start,
                as: (UInt16, UInt16, UInt32, UInt32, UInt64).self
            ), let type = STUNMessageType(rawValue: first), length & 3 == 0
        else { throw .notSTUN }
        self.type = type
        self.length = length
        self.cookie = cookie
        self.transaction = STUNTransaction(high: high, low: low)
    }

    /// Whether the sender speaks RFC 5389 or later. One that does not knows MAPPED-ADDRESS, and no XOR-MAPPED-ADDRESS.
    public var hasCookie: Bool { self.cookie == Self.magicCookie }
}

/// The 96 bits by which an answer is known to belong to its request.
public struct STUNTransaction: Hashable, Sendable {
    /// The first four bytes, in network order.
    public let high: UInt32
    /// The last eight.
    public let low: UInt64

    public init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }
}
