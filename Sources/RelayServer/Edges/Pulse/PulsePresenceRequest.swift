import NIOCore
import RelayWire

/// A client's request about who is on a channel.
struct PulsePresenceRequest {
    let id: UInt64
    let channel: String
    let action: PulsePresenceAction
    let data: ByteBuffer?
    /// When it came.
    let start: NIODeadline
}
