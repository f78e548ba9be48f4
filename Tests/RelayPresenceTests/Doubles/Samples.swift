import NIOCore
import RelayCore
import RelayWire

@testable import RelayPresence

extension Principal {
    static let olga = Principal.user("olga")
    static let greta = Principal.user("greta")
    static let sven = Principal.user("sven")

    static func user(_ name: String, _ permissions: Permissions = [.read, .write]) -> Principal {
        Principal(id: UserID("id-of-\(name)"), username: name, permissions: permissions)
    }
}

extension ConnectionID {
    static func named(_ name: String) -> ConnectionID {
        guard let connection = ConnectionID(name) else { preconditionFailure("\(name) is no connection's id") }
        return connection
    }
}

extension MessageID {
    static func at(_ number: Int) -> MessageID { MessageID(milliseconds: UInt64(number), sequence: 0) }
}

extension Timestamp {
    static func at(_ seconds: Int64) -> Timestamp {
        Timestamp(microseconds: 1_795_000_000_000_000).adding(seconds: seconds)
    }
}

extension RelayName {
    static let a = RelayName("relay-a")
    static let b = RelayName("relay-b")
}

extension PresenceMember {
    static func named(
        _ name: String,
        _ data: String? = nil,
        of user: String = "olga",
        at relay: RelayName = .a,
        joined: Int64 = 0,
        seen: Int64? = nil
    ) -> PresenceMember {
        PresenceMember(
            connection: .named(name),
            user: UserID("id-of-\(user)"),
            username: user,
            data: data.map { ByteBuffer(string: $0) },
            joinedAt: .at(joined),
            lastSeen: .at(seen ?? joined),
            relay: relay
        )
    }
}

extension PresenceWord {
    static func here(_ member: PresenceMember, topic: String = "t") -> PresenceWord {
        PresenceWord(connection: member.connection, topic: topic, relay: member.relay, content: .here(member))
    }

    static func gone(_ name: String, topic: String = "t", by relay: RelayName = .a) -> PresenceWord {
        PresenceWord(connection: .named(name), topic: topic, relay: relay, content: .gone)
    }
}

extension [ConnectionID: PresenceMember] {
    /// As somebody knows the roster who is told this.
    mutating func take(_ changes: [PresenceChange]) {
        for change in changes {
            switch change {
            case .join(let member), .update(let member): self[member.connection] = member
            case .leave(let member): self[member.connection] = nil
            }
        }
    }

    mutating func take(_ content: PresenceHandout.Content) {
        switch content {
        case .sync(let members): self = Dictionary(uniqueKeysWithValues: members.map { ($0.connection, $0) })
        case .changes(let changes): self.take(changes)
        }
    }
}
