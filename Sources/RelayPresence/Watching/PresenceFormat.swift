public import NIOCore
public import RelayCore

/// How an edge writes what watchers are handed.
public protocol PresenceFormat {
    static func encode(_ handout: PresenceHandout) -> ByteBuffer
}

/// One that writes each change as a piece of its own, one behind the other: what of a hand-out is about one connection can be left out of what
/// is written for all.
public protocol PresencePieceFormat: PresenceFormat {
    /// - Returns: where each piece ends, from the beginning of the bytes.
    static func encode(_ changes: [PresenceChange], on topic: TopicName) -> (bytes: ByteBuffer, ends: [Int])
}
