import RelayCore
import RelayWire

extension Message {
    /// The message as it is written on any of the relay's wires.
    func fields(of topic: TopicName) -> MessageFields {
        MessageFields(
            id: self.id,
            topic: topic.rawValue,
            payload: self.payload,
            isBinary: self.format == .binary,
            isSnapshot: self.isSnapshot,
            metadata: self.metadata,
            timestamp: self.timestamp,
            sender: self.sender
        )
    }
}
