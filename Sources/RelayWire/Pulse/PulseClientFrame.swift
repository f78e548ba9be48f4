public import NIOCore

/// What a client of Pulse's says: one map of MessagePack.
public enum PulseClientFrame: Hashable, Sendable {
    case connect(version: UInt8, token: String?)
    /// `since` and `way` are the relay's own. `since` is the id of the message after which to go on; nil for what comes from now on.
    case subscribe(id: UInt64, channel: String, since: String?, way: PulseWay = PulseWay())
    case unsubscribe(id: UInt64, channel: String)
    /// Without an id the client wants no answer. The payload shares memory with the frame.
    case publish(id: UInt64?, channel: String, event: String?, payload: ByteBuffer)
    /// `data` is JSON, whatever value it is, in memory of its own.
    case presence(id: UInt64, channel: String, action: PulsePresenceAction, data: ByteBuffer?)
    /// In milliseconds since 1970, as the client says. Goes back in the pong.
    case ping(timestamp: UInt64?)
    case pong(timestamp: UInt64?)
    /// A frame that only servers send. It says nothing here, and is not read further.
    case ofServer

    /// - Parameter frame: MessagePack, without the length in front. Bytes behind the map are ignored.
    /// - Throws: where it is no frame. A channel's name is not checked: see ``PulseChannel``.
    public init(_ frame: ByteBuffer) throws(PulseFrameError) {
        var members = PulseFrameMembers(frame)
        do throws(MessagePackError) {
            try members.find()
            self = try members.frame()
        } catch {
            throw PulseFrameError(id: members.readableID, message: error.message)
        }
    }
}
