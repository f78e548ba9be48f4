/// What a peer is in its session. The raw value is the stored form.
public enum SessionRole: UInt8, Hashable, Sendable, CaseIterable {
    /// At most one peer.
    case host = 0
    case editor = 1
    case observer = 2

    /// As in tickets and on the wire.
    public var name: String {
        switch self {
        case .host: "host"
        case .editor: "editor"
        case .observer: "observer"
        }
    }

    /// - Returns: nil for a name that is none of the three.
    public init?(name: String) {
        guard let role = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = role
    }

    /// What the role has where nothing else is said.
    public var usualCapabilities: SessionCapabilities {
        switch self {
        case .host: .all
        case .editor: [.edit, .read]
        case .observer: [.read]
        }
    }

    /// The most that a peer of the role may have, whatever its ticket says.
    public var permittedCapabilities: SessionCapabilities {
        switch self {
        case .host: .all
        case .editor: [.edit, .read, .invite, .kick]
        case .observer: [.read]
        }
    }
}

/// What a peer may do. The raw value is the stored form.
public struct SessionCapabilities: OptionSet, Hashable, Sendable {
    public static let createSession = Self(rawValue: 1 << 0)
    public static let closeSession = Self(rawValue: 1 << 1)
    public static let edit = Self(rawValue: 1 << 2)
    public static let read = Self(rawValue: 1 << 3)
    public static let invite = Self(rawValue: 1 << 4)
    public static let kick = Self(rawValue: 1 << 5)
    public static let all: Self = [.createSession, .closeSession, .edit, .read, .invite, .kick]

    private static let named: [(Self, String)] = [
        (.createSession, "create_session"), (.closeSession, "close_session"), (.edit, "edit"), (.read, "read"),
        (.invite, "invite"), (.kick, "kick"),
    ]

    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Takes the names that tickets have. A name that the relay doesn't know gives nothing.
    public init(names: some Sequence<String>) {
        self = []
        for name in names {
            if let known = Self.named.first(where: { $0.1 == name }) { self.insert(known.0) }
        }
    }

    /// The names that tickets have, in the order in which the roles list them.
    public var names: [String] {
        Self.named.filter { self.contains($0.0) }.map { $0.1 }
    }
}
