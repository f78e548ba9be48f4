/// What a kind of name may hold.
public protocol BoundedNameKind: Sendable {
    /// In bytes of UTF-8.
    static var maximumBytes: Int { get }
    /// Whether the name is a part of a topic's name, and so has only `A-Z a-z 0-9 _ -`.
    static var isPathSegment: Bool { get }
}

/// A name of 1 to ``BoundedNameKind/maximumBytes`` bytes of UTF-8, without control characters.
///
/// Names are compared by their bytes. Two texts that look alike but are written with other code points are two names, on the wire
/// and here.
public struct BoundedName<Kind: BoundedNameKind>: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Returns: nil where `text` is empty, too long, or has a character that such names don't have.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Kind.maximumBytes, text.utf8.allSatisfy(Self.allows) else { return nil }
        self.text = text
    }

    private static func allows(_ byte: UInt8) -> Bool {
        guard Kind.isPathSegment else { return byte >= 0x20 && byte != 0x7F }
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            return true
        default:
            return false
        }
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in self.text.utf8 { hasher.combine(byte) }
        hasher.combine(0xFF as UInt8)
    }

    public var description: String { self.text }
}

/// A session's id: a part of its topics' names, at most 64 bytes.
public typealias SessionID = BoundedName<SessionIDKind>
/// A peer's id, unique in its session. At most 255 bytes: more has no place in a proxy frame.
public typealias PeerID = BoundedName<PeerIDKind>
/// The id of an account of the relay: at most 255 bytes.
public typealias AccountID = BoundedName<AccountIDKind>
/// A ticket's `jti`: at most 128 bytes.
public typealias TicketID = BoundedName<TicketIDKind>
/// What a lock is on: at most 255 bytes.
public typealias ElementID = BoundedName<ElementIDKind>
/// A tunnel's id: a part of its topic's name, at most 64 bytes.
public typealias TunnelID = BoundedName<TunnelIDKind>
/// What a document of a session is called in its topic's name: at most 128 bytes.
public typealias SharedDocumentID = BoundedName<SharedDocumentIDKind>
/// Where other relays reach a relay, as its configuration says: at most 255 bytes.
public typealias NodeURL = BoundedName<NodeURLKind>

public enum SessionIDKind: BoundedNameKind {
    public static let maximumBytes = 64
    public static let isPathSegment = true
}

public enum PeerIDKind: BoundedNameKind {
    public static let maximumBytes = 255
    public static let isPathSegment = false
}

public enum AccountIDKind: BoundedNameKind {
    public static let maximumBytes = 255
    public static let isPathSegment = false
}

public enum TicketIDKind: BoundedNameKind {
    public static let maximumBytes = 128
    public static let isPathSegment = false
}

public enum ElementIDKind: BoundedNameKind {
    public static let maximumBytes = 255
    public static let isPathSegment = false
}

public enum TunnelIDKind: BoundedNameKind {
    public static let maximumBytes = 64
    public static let isPathSegment = true
}

public enum SharedDocumentIDKind: BoundedNameKind {
    public static let maximumBytes = 128
    public static let isPathSegment = true
}

public enum NodeURLKind: BoundedNameKind {
    public static let maximumBytes = 255
    public static let isPathSegment = false
}
