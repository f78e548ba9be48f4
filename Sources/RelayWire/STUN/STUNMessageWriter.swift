public import NIOCore

/// Writes a message attribute by attribute. After each step the bytes are a whole message.
///
/// An attribute that would make the message longer than ``limit`` is left out as a whole, and false is returned.
public struct STUNMessageWriter: Sendable {
    /// What a header can tell: bytes of a whole message.
    public static let maximumSize = STUNHeader.size + 0xFFFC

    /// The message so far.
    public private(set) var bytes: ByteBuffer
    /// Bytes of the whole message, at most ``maximumSize``.
    public var limit: Int

    private let cookie: UInt32
    private let transaction: STUNTransaction

    /// - Parameters:
    ///   - cookie: for an answer, that of the request.
    ///   - limit: beyond ``maximumSize`` it counts as that. A header is always written.
    public init(
        _ type: STUNMessageType,
        cookie: UInt32 = STUNHeader.magicCookie,
        _ transaction: STUNTransaction,
        limit: Int = Self.maximumSize
    ) {
        self.bytes = ByteBuffer()
        self.bytes.reserveCapacity(128)
        self.limit = limit
        self.cookie = cookie
        self.transaction = transaction
        self.bytes.writeMultipleIntegers(type.rawValue, UInt16(0), cookie, transaction.high, transaction.low)
    }

    /// An attribute of bytes, or of none, as DONT-FRAGMENT is.
    @discardableResult
    public mutating func add(_ type: STUNAttributeType, _ value: ByteBuffer = ByteBuffer()) -> Bool {
        self.add(type, size: value.readableBytes) { $0.writeImmutableBuffer(value) }
    }

    /// - Parameter text: at most the bytes that the reader takes, see ``STUNMessage/text(_:)``. A longer one is left out.
    @discardableResult
    public mutating func add(_ type: STUNAttributeType, text: String) -> Bool {
        guard text.utf8.count <= type.maximumTextBytes ?? .max else { return false }
        return self.add(type, size: text.utf8.count) { $0.writeString(text) }
    }

    /// Mixed with cookie and transaction id where the type wants it.
    @discardableResult
    public mutating func add(_ type: STUNAttributeType, address: TransportAddress) -> Bool {
        let address = type.isXored ? address.xored(self.cookie, self.transaction) : address
        let family = address.address.family.rawValue
        switch address.address {
        case .v4(let value):
            return self.add(type, size: 8) { $0.writeMultipleIntegers(UInt8(0), family, address.port, value) }
        case .v6(let high, let low):
            return self.add(type, size: 20) { $0.writeMultipleIntegers(UInt8(0), family, address.port, high, low) }
        }
    }

    /// LIFETIME, RESERVATION-TOKEN, CHANGE-REQUEST, EVEN-PORT: a number of the value's whole size.
    @discardableResult
    public mutating func add(_ type: STUNAttributeType, number: some FixedWidthInteger) -> Bool {
        self.add(type, size: number.bitWidth / 8) { $0.writeInteger(number) }
    }

    /// CHANNEL-NUMBER, REQUESTED-TRANSPORT, REQUESTED-ADDRESS-FAMILY, RESPONSE-PORT: a number and zeros behind it, four bytes in all.
    @discardableResult
    public mutating func add(_ type: STUNAttributeType, leading number: some FixedWidthInteger) -> Bool {
        self.add(type, size: 4) { buffer in
            buffer.writeInteger(number)
            buffer.writeRepeatingByte(0, count: max(0, 4 - number.bitWidth / 8))
        }
    }

    @discardableResult
    public mutating func add(_ error: STUNErrorCode) -> Bool {
        self.add(.errorCode, size: 4 + error.reason.utf8.count) { buffer in
            let hundreds = UInt8(truncatingIfNeeded: error.code / 100)
            buffer.writeMultipleIntegers(UInt16(0), hundreds, UInt8(truncatingIfNeeded: error.code % 100))
            buffer.writeString(error.reason)
        }
    }

    /// UNKNOWN-ATTRIBUTES.
    @discardableResult
    public mutating func add(notUnderstood types: [UInt16]) -> Bool {
        self.add(.unknownAttributes, size: 2 * types.count) { buffer in
            for type in types { buffer.writeInteger(type) }
        }
    }

    /// PASSWORD-ALGORITHM for one, PASSWORD-ALGORITHMS for a list.
    @discardableResult
    public mutating func add(_ type: STUNAttributeType, algorithms: [STUNPasswordAlgorithm]) -> Bool {
        var value = ByteBuffer()
        for algorithm in algorithms {
            let size = algorithm.parameters.readableBytes
            value.writeMultipleIntegers(algorithm.number, UInt16(truncatingIfNeeded: size))
            value.writeImmutableBuffer(algorithm.parameters)
            value.writeRepeatingByte(0, count: -size & 3)
        }
        return self.add(type, value)
    }

    /// Signs all before. Only the other integrity, with SHA-256 as the second, and FINGERPRINT may follow.
    ///
    /// - Parameter code: the HMAC of the given bytes, ``STUNIntegrity/size`` of them.
    @discardableResult
    public mutating func sign<Code: Collection<UInt8>>(
        _ integrity: STUNIntegrity,
        code: (ByteBufferView) -> Code
    ) -> Bool {
        let end = self.bytes.readableBytes
        guard self.fits(integrity.size) else { return false }
        self.setLength(end + 4 + integrity.size)
        let value = code(self.bytes.readableBytesView)
        self.setLength(end)
        guard value.count == integrity.size else { return false }
        return self.add(integrity.attribute, size: integrity.size) { $0.writeBytes(value) }
    }

    /// Nothing may follow.
    @discardableResult
    public mutating func addFingerprint() -> Bool {
        guard self.fits(4) else { return false }
        self.setLength(self.bytes.readableBytes + STUNMessageWriter.fingerprintSize)
        let value = STUNFingerprint.value(of: self.bytes.readableBytesUInt8Span)
        return self.add(.fingerprint, number: value)
    }

    /// What FINGERPRINT takes, bytes.
    public static let fingerprintSize = 8

    /// - Parameter write: writes exactly `size` bytes.
    private mutating func add(_ type: STUNAttributeType, size: Int, _ write: (inout ByteBuffer) -> Void) -> Bool {
        guard self.fits(size) else { return false }
        self.bytes.writeMultipleIntegers(type.rawValue, UInt16(truncatingIfNeeded: size))
        write(&self.bytes)
        self.bytes.writeRepeatingByte(0, count: -size & 3)
        self.setLength(self.bytes.readableBytes)
        return true
    }

    private func fits(_ size: Int) -> Bool {
        size <= 0xFFFF && self.bytes.readableBytes + 4 + (size + 3) & ~3 <= min(self.limit, Self.maximumSize)
    }

    /// - Parameter size: of the whole message.
    private mutating func setLength(_ size: Int) {
        self.bytes.setInteger(UInt16(truncatingIfNeeded: size - STUNHeader.size), at: self.bytes.readerIndex + 2)
    }
}
