public import NIOCore

/// A message as a channel's subscribers get it. It is written once for all of them.
public struct PulseDelivery: Hashable, Sendable {
    public let channel: String
    /// The key is left out where there is none.
    public let event: String?
    /// Sent as bytes, as they are.
    public let payload: ByteBuffer
    private let frameSize: Int

    public init(channel: String, event: String?, payload: ByteBuffer) {
        self.channel = channel
        self.event = event
        self.payload = payload
        self.frameSize = MessagePackSize.of { Self.put(channel, event, payload, into: &$0) }
    }

    /// In bytes, exactly, with the length in front.
    public var size: Int { PulseFraming.prefixSize + self.frameSize }

    /// Writes the whole frame, with the length in front.
    public func write(into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: self.size) {
            $0.pack(bigEndian: UInt32(self.frameSize))
            Self.put(self.channel, self.event, self.payload, into: &$0)
        }
    }

    private static func put(
        _ channel: String,
        _ event: String?,
        _ payload: ByteBuffer,
        into sink: inout (some MessagePackSink & ~Copyable & ~Escapable)
    ) {
        sink.pack(type: "publish", members: event == nil ? 2 : 3)
        sink.pack(name: "channel")
        sink.pack(text: channel)
        if let event {
            sink.pack(name: "event")
            sink.pack(text: event)
        }
        sink.pack(name: "payload")
        sink.pack(binary: payload)
    }
}
