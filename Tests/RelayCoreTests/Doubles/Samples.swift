import NIOCore
import RelayCore
import RelayWire

extension Principal {
    static func user(_ name: String, _ permissions: Permissions = [.read, .write]) -> Principal {
        Principal(id: UserID("id-of-\(name)"), username: name, permissions: permissions)
    }

    static let olga = Principal.user("olga")
    static let greta = Principal.user("greta")
    static let sven = Principal.user("sven")
    static let ada = Principal.user("ada", [.admin, .read, .write])
}

extension TopicKey {
    static func named(_ path: String) -> TopicKey {
        TopicKey(name: TopicName(path: path))
    }
}

extension Draft {
    /// A draft whose payload is `{"n":…}`.
    static func numbered(_ number: Int, at time: Timestamp, ttl: Int64? = nil) -> Draft {
        Draft(timestamp: time, payload: ByteBuffer(string: "{\"n\":\(number)}"), ttl: ttl)
    }
}

extension Message {
    static func at(_ milliseconds: UInt64, bytes: Int = 0, expiresAt: Timestamp? = nil) -> Message {
        Message(
            id: MessageID(milliseconds: milliseconds, sequence: 0),
            timestamp: Timestamp(microseconds: 0),
            payload: ByteBuffer(repeating: 0x20, count: bytes),
            metadata: nil,
            expiresAt: expiresAt
        )
    }

    /// What ``Draft/numbered(_:at:ttl:)`` was given.
    var number: Int? {
        Int(String(buffer: self.payload).drop { !$0.isNumber }.prefix { $0.isNumber })
    }
}

extension MessageID {
    static func ms(_ milliseconds: UInt64) -> MessageID {
        MessageID(milliseconds: milliseconds, sequence: 0)
    }
}
