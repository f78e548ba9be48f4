import NIOCore
import RelayCore
import RelayPresence
import RelayWire

/// Hand-outs as binary frames: one for each member that has changed, or one with all who are there.
enum PulsePresenceBatch: PresencePieceFormat {
    static func encode(_ handout: PresenceHandout) -> ByteBuffer {
        switch handout.content {
        case .sync(let members): self.encode(members, on: handout.topic)
        case .changes(let changes): self.encode(changes, on: handout.topic).bytes
        }
    }

    private static func encode(_ members: [PresenceMember], on topic: TopicName) -> ByteBuffer {
        let states = members.map(PulsePresenceState.init)
        let frame = PulseServerFrame.presenceSync(id: 0, channel: self.channel(topic), states)
        if frame.fits { return PulseBatch.frame(frame) }
        // Too many for a frame: each by itself, as if it came now.
        return self.encode(members.map { .join($0) }, on: topic).bytes
    }

    static func encode(_ changes: [PresenceChange], on topic: TopicName) -> (bytes: ByteBuffer, ends: [Int]) {
        let channel = self.channel(topic)
        return PulseBatch.pieces(
            changes.map { .presence(channel: channel, $0.kind, PulsePresenceState($0.member)) }
        )
    }

    /// Only plain topics have presence, and each of these is a channel.
    private static func channel(_ topic: TopicName) -> String {
        PulseChannel.channel(ofTopic: topic.rawValue) ?? topic.rawValue
    }
}

extension PresenceChange {
    fileprivate var kind: PulsePresenceChange {
        switch self {
        case .join: .joined
        case .update: .updated
        case .leave: .left
        }
    }
}
