public import NIOCore

/// What went wrong, as an ERROR-CODE says it (RFC 8489, 14.8).
public struct STUNErrorCode: Hashable, Sendable {
    /// 300 to 699.
    public let code: Int
    /// For people.
    public let reason: String

    public init(_ code: Int, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public static let badRequest = STUNErrorCode(400, "Bad Request")
    public static let unauthenticated = STUNErrorCode(401, "Unauthorized")
    public static let unknownAttribute = STUNErrorCode(420, "Unknown Attribute")
    public static let staleNonce = STUNErrorCode(438, "Stale Nonce")
    /// RFC 8656, like those that follow.
    public static let forbidden = STUNErrorCode(403, "Forbidden")
    public static let allocationMismatch = STUNErrorCode(437, "Allocation Mismatch")
    public static let addressFamilyNotSupported = STUNErrorCode(440, "Address Family not Supported")
    public static let wrongCredentials = STUNErrorCode(441, "Wrong Credentials")
    public static let unsupportedTransport = STUNErrorCode(442, "Unsupported Transport Protocol")
    public static let peerAddressFamilyMismatch = STUNErrorCode(443, "Peer Address Family Mismatch")
    public static let allocationQuotaReached = STUNErrorCode(486, "Allocation Quota Reached")
    public static let insufficientCapacity = STUNErrorCode(508, "Insufficient Capacity")
}

/// From which socket the answer is wanted (RFC 5780, 7.2).
public struct STUNChangeRequest: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let port = STUNChangeRequest(rawValue: 0x2)
    public static let address = STUNChangeRequest(rawValue: 0x4)
}

/// How a client's password is made a key, by the number of IANA's registry (RFC 8489, 18.5).
public struct STUNPasswordAlgorithm: Hashable, Sendable {
    public let number: UInt16
    /// As they came; empty for both that there are.
    public let parameters: ByteBuffer

    public init(_ number: UInt16, parameters: ByteBuffer = ByteBuffer()) {
        self.number = number
        self.parameters = parameters
    }

    public static let md5 = STUNPasswordAlgorithm(1)
    public static let sha256 = STUNPasswordAlgorithm(2)
}

/// Each is nil, or empty, where there is no such attribute, and throws `malformedAttribute` where its value is none.
extension STUNMessage {
    /// USERNAME, REALM, NONCE or SOFTWARE: UTF-8 of at most the bytes that RFC 8489 allows.
    public func text(_ type: STUNAttributeType) throws(STUNError) -> String? {
        guard let value = self.value(type) else { return nil }
        guard let limit = type.maximumTextBytes, value.readableBytes <= limit,
            let text = try? value.getUTF8ValidatedString(at: value.readerIndex, length: value.readableBytes)
        else { throw .malformedAttribute(type) }
        return text
    }

    public func errorCode() throws(STUNError) -> STUNErrorCode? {
        guard var value = self.value(.errorCode) else { return nil }
        guard let (_, hundreds, rest) = value.readMultipleIntegers(as: (UInt16, UInt8, UInt8).self),
            3...6 ~= hundreds & 7, rest < 100, value.readableBytes <= 763,
            let reason = try? value.readUTF8ValidatedString(length: value.readableBytes)
        else { throw .malformedAttribute(.errorCode) }
        return STUNErrorCode(Int(hundreds & 7) * 100 + Int(rest), reason)
    }

    /// UNKNOWN-ATTRIBUTES: types that the other end did not understand.
    public func notUnderstood() throws(STUNError) -> [UInt16] {
        guard var value = self.value(.unknownAttributes) else { return [] }
        guard value.readableBytes.isMultiple(of: 2) else { throw .malformedAttribute(.unknownAttributes) }
        var types: [UInt16] = []
        while let type: UInt16 = value.readInteger() { types.append(type) }
        return types
    }

    /// CHANGE-REQUEST; empty also where nothing is to be changed.
    public func changeRequest() throws(STUNError) -> STUNChangeRequest {
        let bits = try self.integer(.changeRequest, as: UInt32.self, size: 4) ?? 0
        return STUNChangeRequest(rawValue: bits).intersection([.port, .address])
    }

    /// RESPONSE-PORT, in RFC 5780 a number and two bytes of padding.
    public func responsePort() throws(STUNError) -> UInt16? {
        guard let place = self.place(of: .responsePort) else { return nil }
        return try self.integer(.responsePort, as: UInt16.self, size: place.size == 4 ? 4 : 2)
    }

    /// In seconds.
    public func lifetime() throws(STUNError) -> UInt32? { try self.integer(.lifetime, as: UInt32.self, size: 4) }

    /// As it came: the numbers that may be bound are ``TURNChannelData/numbers``.
    public func channelNumber() throws(STUNError) -> UInt16? {
        try self.integer(.channelNumber, as: UInt16.self, size: 4)
    }

    /// As it came; a family is a ``STUNAddressFamily``.
    public func requestedAddressFamily() throws(STUNError) -> UInt8? {
        try self.integer(.requestedAddressFamily, as: UInt8.self, size: 4)
    }

    /// As it came: IANA's number of the protocol, of which 17 is UDP.
    public func requestedTransport() throws(STUNError) -> UInt8? {
        try self.integer(.requestedTransport, as: UInt8.self, size: 4)
    }

    /// EVEN-PORT: whether the next port is to be kept too.
    public func evenPort() throws(STUNError) -> Bool? {
        try self.integer(.evenPort, as: UInt8.self, size: 1).map { $0 & 0x80 != 0 }
    }

    /// Eight bytes that mean something only to who gave them out.
    public func reservationToken() throws(STUNError) -> UInt64? {
        try self.integer(.reservationToken, as: UInt64.self, size: 8)
    }

    /// Thirty-two bytes.
    public func userHash() throws(STUNError) -> ByteBuffer? {
        guard let value = self.value(.userHash) else { return nil }
        guard value.readableBytes == 32 else { throw .malformedAttribute(.userHash) }
        return value
    }

    public func passwordAlgorithm() throws(STUNError) -> STUNPasswordAlgorithm? {
        guard let value = self.value(.passwordAlgorithm) else { return nil }
        let list = Self.algorithms(value)
        guard let list, list.count == 1 else { throw .malformedAttribute(.passwordAlgorithm) }
        return list[0]
    }

    /// In the order of the server's preference.
    public func passwordAlgorithms() throws(STUNError) -> [STUNPasswordAlgorithm] {
        guard let value = self.value(.passwordAlgorithms) else { return [] }
        guard let list = Self.algorithms(value) else { throw .malformedAttribute(.passwordAlgorithms) }
        return list
    }

    private static func algorithms(_ value: ByteBuffer) -> [STUNPasswordAlgorithm]? {
        var value = value
        var list: [STUNPasswordAlgorithm] = []
        while value.readableBytes > 0 {
            guard let (number, size) = value.readMultipleIntegers(as: (UInt16, UInt16).self),
                let parameters = value.readSlice(length: Int(size))
            else { return nil }
            // The last one's padding is the attribute's own, which is not part of the value.
            value.moveReaderIndex(forwardBy: min(value.readableBytes, (4 - Int(size) & 3) & 3))
            list.append(STUNPasswordAlgorithm(number, parameters: parameters))
        }
        return list
    }

    /// - Parameter size: which the value must have; the number stands at its begin.
    private func integer<Number: FixedWidthInteger>(
        _ type: STUNAttributeType,
        as: Number.Type,
        size: Int
    ) throws(STUNError) -> Number? {
        guard let place = self.place(of: type) else { return nil }
        let number: Number? = self.bytes.getInteger(at: self.bytes.readerIndex + place.start)
        guard place.size == size, let number else { throw .malformedAttribute(type) }
        return number
    }
}
