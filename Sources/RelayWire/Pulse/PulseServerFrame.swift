public import NIOCore

/// What the relay says to a client of Pulse's. Messages have a type of their own: see ``PulseDelivery``.
public enum PulseServerFrame: Hashable, Sendable {
    /// Comes first, unasked, and again as the answer to `connect`. `heartbeat` in milliseconds.
    case connected(connectionID: String, version: UInt8, heartbeat: UInt32)
    case ack(UInt64)
    /// The id is 0 where no request is meant. The text is for people.
    case error(id: UInt64, PulseErrorCode, String)
    /// In milliseconds since 1970.
    case ping(timestamp: UInt64?)
    /// The ping's timestamp.
    case pong(timestamp: UInt64?)
    /// The id is 0 but for the answer to a sync. `data` is JSON; what no ``JSONScanner`` takes is left out.
    case presence(id: UInt64, channel: String, PulsePresenceAction, data: ByteBuffer?)

    /// In bytes, exactly, with the length in front.
    public var size: Int {
        let data = self.data
        return PulseFraming.prefixSize + MessagePackSize.of { self.put(data, into: &$0) }
    }

    /// Writes the whole frame, with the length in front.
    public func write(into buffer: inout ByteBuffer) {
        let data = self.data
        let size = MessagePackSize.of { self.put(data, into: &$0) }
        buffer.writeWithOutputRawSpan(minimumWritableBytes: PulseFraming.prefixSize + size) {
            $0.pack(bigEndian: UInt32(size))
            self.put(data, into: &$0)
        }
    }

    /// Of presence, checked once for both its size and its bytes.
    private var data: MessagePackJSONValue? {
        guard case .presence(_, _, _, let data?) = self else { return nil }
        return try? MessagePackJSONValue(data)
    }

    private func put(_ data: MessagePackJSONValue?, into sink: inout (some MessagePackSink & ~Copyable & ~Escapable)) {
        switch self {
        case .connected(let connectionID, let version, let heartbeat):
            sink.pack(type: "connected", members: 3)
            sink.pack(name: "connection_id")
            sink.pack(text: connectionID)
            sink.pack(name: "version")
            sink.pack(UInt64(version))
            sink.pack(name: "heartbeat")
            sink.pack(UInt64(heartbeat))
        case .ack(let id):
            sink.pack(type: "ack", members: 1)
            sink.pack(id: id)
        case .error(let id, let code, let message):
            sink.pack(type: "error", members: 3)
            sink.pack(id: id)
            sink.pack(name: "code")
            sink.pack(UInt64(code.rawValue))
            sink.pack(name: "message")
            sink.pack(text: message)
        case .ping(let timestamp):
            sink.pack(type: "ping", timestamp: timestamp)
        case .pong(let timestamp):
            sink.pack(type: "pong", timestamp: timestamp)
        case .presence(let id, let channel, let action, _):
            sink.pack(type: "presence", members: data == nil ? 3 : 4)
            sink.pack(id: id)
            sink.pack(name: "channel")
            sink.pack(text: channel)
            sink.pack(name: "action")
            sink.pack(UInt64(action.rawValue))
            guard let data else { return }
            sink.pack(name: "data")
            data.put(into: &sink)
        }
    }
}

extension MessagePackSink where Self: ~Copyable & ~Escapable {
    /// What a frame begins with.
    ///
    /// - Parameter members: how many follow.
    mutating func pack(type: StaticString, members: Int) {
        self.pack(mapOf: 1 + members)
        self.pack(name: "type")
        self.pack(name: type)
    }

    fileprivate mutating func pack(id: UInt64) {
        self.pack(name: "id")
        self.pack(id)
    }

    fileprivate mutating func pack(type: StaticString, timestamp: UInt64?) {
        self.pack(type: type, members: timestamp == nil ? 0 : 1)
        guard let timestamp else { return }
        self.pack(name: "timestamp")
        self.pack(timestamp)
    }
}
