public import NIOCore

/// A message of STUN or TURN as it came (RFC 8489, 5). Its attributes are places in the datagram; nothing is copied.
///
/// What stands after MESSAGE-INTEGRITY counts as not there, but for MESSAGE-INTEGRITY-SHA256 and FINGERPRINT; what stands after
/// MESSAGE-INTEGRITY-SHA256 too, but for FINGERPRINT (RFC 8489, 14.5 and 14.6). Of several attributes of a type the first counts.
public struct STUNMessage: Sendable {
    public let header: STUNHeader
    /// The whole message, from the reader index on.
    public let bytes: ByteBuffer
    /// Where the attributes that count end, counted from the message's first byte.
    let attributesEnd: Int
    /// Where these attributes begin, counted like that; nil where they are not there.
    let integrity: Int?
    let integritySHA256: Int?
    let fingerprint: Int?

    /// - Parameter bytes: one message and nothing else. Its cookie may be of RFC 3489.
    /// - Throws: `notSTUN`, `wrongLength`, `truncatedAttribute`, `fingerprintNotLast`, and `malformedAttribute` for an integrity or
    ///   fingerprint of a wrong size.
    public init(_ bytes: ByteBuffer) throws(STUNError) {
        let header = try STUNHeader(bytes)
        guard bytes.readableBytes == STUNHeader.size + Int(header.length) else { throw .wrongLength }
        var order = STUNAttributeOrder(end: bytes.readableBytes)
        var walk = STUNAttributeWalk(bytes, end: bytes.readableBytes)
        while let place = try walk.nextPlace() { try order.add(place) }
        self.header = header
        self.bytes = bytes
        self.attributesEnd = order.countedEnd
        self.integrity = order.integrity
        self.integritySHA256 = order.integritySHA256
        self.fingerprint = order.fingerprint
    }

    public var type: STUNMessageType { self.header.type }

    public var hasFingerprint: Bool { self.fingerprint != nil }

    /// Whether the checksum is the message's; true where there is none.
    public var fingerprintIsRight: Bool {
        guard let place = self.fingerprint else { return true }
        let value: UInt32? = self.bytes.getInteger(at: self.bytes.readerIndex + place + 4)
        return value == STUNFingerprint.value(of: self.bytes.readableBytesUInt8Span.extracting(0..<place))
    }

    /// Whether there is such an attribute, and it counts. Not for MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT.
    public func has(_ type: STUNAttributeType) -> Bool { self.place(of: type) != nil }

    /// The attribute's value, of whatever size; nil where there is none.
    public func value(_ type: STUNAttributeType) -> ByteBuffer? {
        self.place(of: type).flatMap { self.bytes.getSlice(at: self.bytes.readerIndex + $0.start, length: $0.size) }
    }

    /// The types of attributes that must be understood and are not, each once, as they came.
    ///
    /// - Parameter limit: how many at most.
    public func unknownAttributes(limit: Int) -> [UInt16] {
        var unknown: [UInt16] = []
        for place in self.places where place.type < 0x8000 && STUNAttributeType(rawValue: place.type) == nil {
            guard unknown.count < limit else { break }
            if !unknown.contains(place.type) { unknown.append(place.type) }
        }
        return unknown
    }

    /// The attributes that count, as they came.
    var places: STUNAttributeWalk { STUNAttributeWalk(self.bytes, end: self.attributesEnd) }

    func place(of type: STUNAttributeType) -> STUNAttributePlace? {
        self.places.first { $0.type == type.rawValue }
    }
}
