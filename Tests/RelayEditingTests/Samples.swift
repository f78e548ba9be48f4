import NIOCore
import RelayCore
import RelayDocuments
import RelayWire

/// Updates as Yjs writes them.
enum Sample {
    /// The letter with this number that a client types at the end of the text `t`.
    ///
    /// - Parameters: each less than 128.
    static func letter(_ number: UInt8, of client: UInt8 = 1) -> [UInt8] {
        let text = [1, UInt8(ascii: "a") + number % 26]
        guard number > 0 else { return [1, 1, client, 0, 4, 1, 1, UInt8(ascii: "t")] + text + [0] }
        return [1, 1, client, number, 0x84, client, number - 1] + text + [0]
    }

    static func state(_ entry: AwarenessEntry) -> [UInt8] { AwarenessUpdate([entry]).encoded() }
}

extension DocumentState {
    init(_ updates: [[UInt8]]) throws {
        self.init()
        for update in updates { _ = try self.apply(update) }
    }
}

extension Message {
    static func update(_ number: UInt64, _ bytes: [UInt8], isSnapshot: Bool = false) -> Message {
        Message(
            id: MessageID(milliseconds: number, sequence: 0),
            timestamp: Timestamp(microseconds: 0),
            payload: ByteBuffer(bytes: bytes),
            format: .binary,
            metadata: nil,
            expiresAt: nil,
            isSnapshot: isSnapshot
        )
    }
}

extension Principal {
    static func user(_ name: String, _ permissions: Permissions = [.read, .write]) -> Principal {
        Principal(id: UserID("id-of-\(name)"), username: name, permissions: permissions)
    }
}

extension Draft {
    static func binary(_ bytes: [UInt8]) -> Draft {
        Draft(timestamp: Timestamp(microseconds: 0), payload: ByteBuffer(bytes: bytes), format: .binary, ttl: 5)
    }
}
