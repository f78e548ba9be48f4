/// The order and equality that names have in all of the relay, as in its stores: by their UTF-8 bytes. Swift's own comparison takes canonically
/// equivalent texts for equal, which would make two users, or two peers, one.
public struct ExactText: Hashable, Comparable, Sendable {
    public let bytes: [UInt8]

    public init(_ text: String) {
        self.bytes = Array(text.utf8)
    }

    public static func < (left: ExactText, right: ExactText) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension String {
    /// Whether both have the same bytes, without a copy.
    public func isExactly(_ other: String) -> Bool {
        self.utf8.count == other.utf8.count && self.utf8.elementsEqual(other.utf8)
    }
}

extension Optional<String> {
    /// Whether there is none in both, or one with the same bytes.
    public func isExactly(_ other: String?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let name?, let other?): name.isExactly(other)
        default: false
        }
    }
}

extension Hasher {
    /// A text's bytes, so that texts which are not exactly the same have their own hash.
    mutating func combine(exactly text: String) {
        for byte in text.utf8 { self.combine(byte) }
        self.combine(0xFF as UInt8)
    }
}
