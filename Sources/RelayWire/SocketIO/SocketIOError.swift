/// What a client has sent is neither Engine.IO 4 nor Socket.IO 5, or is more than a client may send at once.
public enum SocketIOError: Error, Hashable, Sendable {
    /// No packet, or one of a type that does not exist.
    case malformedPacket
    /// Not base64 (RFC 4648, section 4).
    case malformedBase64
    /// More packets in one body than ``EnginePayload/maxPackets``.
    case tooManyPackets
    /// The arguments of an event are no JSON, or are not what the event has.
    case malformedEvent
    /// An event with more binary attachments than ``SocketPacket/maxAttachments``.
    case tooManyAttachments
    /// A list of bytes has something in it that is no byte.
    case notBytes
}
