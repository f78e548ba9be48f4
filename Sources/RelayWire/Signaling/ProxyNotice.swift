public import NIOCore

/// What one signaling socket is told about a tunnel of proxy frames. These messages go from socket to socket, and are on no topic.
public struct ProxyNotice: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// The other peer has accepted the tunnel, or it goes on after one of the two was away. The receiver sends from `sequence` on.
        case accepted(window: Int, maxFrame: Int, sequence: UInt64)
        /// The other peer has every frame before `sequence`.
        case acknowledged(sequence: UInt64, window: Int?)
        /// - Parameters:
        ///   - sent: bytes of data that went from the receiver of this to the other peer.
        ///   - received: the other way.
        case closed(reason: String, sent: UInt64, received: UInt64)
    }

    private let session: String
    private let peer: String?
    private let receiver: String
    private let content: Content

    /// - Parameters:
    ///   - peer: the other one; nil where nobody has accepted the tunnel.
    ///   - receiver: whose socket it is for.
    public init(session: String, peer: String?, to receiver: String, _ content: Content) {
        self.session = session
        self.peer = peer
        self.receiver = receiver
        self.content = content
    }

    /// How a message begins that says that a tunnel is closed.
    private static let closedHead: StaticString = #"{"type":"binary_proxy_closed","session_id":"#
    private static let closedHeadBytes = Array("\(closedHead)".utf8)

    /// Whether a text that a relay has made says that a tunnel is closed. Only its beginning is looked at.
    public static func isClosed(_ text: ByteBuffer) -> Bool {
        text.readableBytesView.starts(with: Self.closedHeadBytes)
    }

    /// As a whole text frame.
    public var framed: ByteBuffer {
        let size = JSONSize.of { self.put(into: &$0) }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(WebSocketFraming.headerSize(payloadSize: size) + size)
        WebSocketFraming.writeHeader(.text, payloadSize: size, into: &buffer)
        buffer.writeWithOutputRawSpan(minimumWritableBytes: size) { self.put(into: &$0) }
        return buffer
    }

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch self.content {
        case .accepted: sink.put(#"{"type":"binary_proxy_accepted","session_id":"#)
        case .acknowledged: sink.put(#"{"type":"binary_proxy_ack","session_id":"#)
        case .closed: sink.put(Self.closedHead)
        }
        sink.put(text: self.session)
        sink.put(#","from_peer_id":"#)
        sink.put(textOrNull: self.peer)
        sink.put(#","to_peer_id":"#)
        sink.put(text: self.receiver)
        switch self.content {
        case .accepted(let window, let maxFrame, let sequence):
            sink.put(#","window":"#)
            sink.put(UInt64(clamping: window))
            sink.put(#","max_frame":"#)
            sink.put(UInt64(clamping: maxFrame))
            sink.put(#","start_sequence":"#)
            sink.put(sequence)
        case .acknowledged(let sequence, let window):
            sink.put(#","sequence":"#)
            sink.put(sequence)
            if let window {
                sink.put(#","window":"#)
                sink.put(UInt64(clamping: window))
            }
        case .closed(let reason, let sent, let received):
            sink.put(#","reason":"#)
            sink.put(text: reason)
            sink.put(#","bytes_sent":"#)
            sink.put(sent)
            sink.put(#","bytes_received":"#)
            sink.put(received)
        }
        sink.put("}")
    }
}
