import NIOCore

/// Where an attribute's value is, counted from the message's first byte.
struct STUNAttributePlace {
    let type: UInt16
    let start: Int
    /// Without padding.
    let size: Int

    /// Where its head of four bytes begins.
    var head: Int { self.start - 4 }
    /// Where the next attribute begins.
    var next: Int { self.start + (self.size + 3) & ~3 }
}

/// The attributes of a message one after another.
struct STUNAttributeWalk: Sequence, IteratorProtocol {
    private let bytes: ByteBuffer
    private let end: Int
    private var offset = STUNHeader.size

    /// - Parameter end: where the last attribute ends, counted from the first byte.
    init(_ bytes: ByteBuffer, end: Int) {
        self.bytes = bytes
        self.end = end
    }

    /// - Throws: `truncatedAttribute`.
    mutating func nextPlace() throws(STUNError) -> STUNAttributePlace? {
        guard self.offset < self.end else { return nil }
        let head = self.bytes.getMultipleIntegers(
            at: self.bytes.readerIndex + self.offset,
            as: (UInt16, UInt16).self
        )
        guard let (type, size) = head else { throw .truncatedAttribute }
        let place = STUNAttributePlace(type: type, start: self.offset + 4, size: Int(size))
        guard place.next <= self.end else { throw .truncatedAttribute }
        self.offset = place.next
        return place
    }

    /// Of a message that was checked.
    mutating func next() -> STUNAttributePlace? { try? self.nextPlace() }
}

/// Which attributes count, by where the integrity and the fingerprint stand (RFC 8489, 14.5 to 14.7).
struct STUNAttributeOrder {
    /// Where the attributes that count end.
    private(set) var countedEnd: Int
    private(set) var integrity: Int?
    private(set) var integritySHA256: Int?
    private(set) var fingerprint: Int?

    /// - Parameter end: the message's.
    init(end: Int) {
        self.countedEnd = end
    }

    mutating func add(_ place: STUNAttributePlace) throws(STUNError) {
        if self.fingerprint != nil { throw .fingerprintNotLast }
        switch STUNAttributeType(rawValue: place.type) {
        case .messageIntegrity:
            guard place.size == STUNIntegrity.sha1.size else { throw .malformedAttribute(.messageIntegrity) }
            if self.integrity == nil, self.integritySHA256 == nil { self.integrity = place.head }
        case .messageIntegritySHA256:
            guard STUNIntegrity.sha256Sizes.contains(place.size), place.size % 4 == 0 else {
                throw .malformedAttribute(.messageIntegritySHA256)
            }
            if self.integritySHA256 == nil { self.integritySHA256 = place.head }
        case .fingerprint:
            guard place.size == 4 else { throw .malformedAttribute(.fingerprint) }
            self.fingerprint = place.head
        default:
            return
        }
        self.countedEnd = min(self.countedEnd, place.head)
    }
}
