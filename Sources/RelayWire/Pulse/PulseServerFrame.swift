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
    /// What has become of one member. No request is meant.
    case presence(channel: String, PulsePresenceChange, PulsePresenceState)
    /// Who is there. The id is the request's; 0 where none is meant.
    case presenceSync(id: UInt64, channel: String, [PulsePresenceState])

    /// In bytes, exactly, with the length in front.
    public var size: Int { PulseFraming.prefixSize + self.mapSize }

    private var mapSize: Int { MessagePackSize.of { self.put(into: &$0) } }

    /// Writes the whole frame, with the length in front.
    public func write(into buffer: inout ByteBuffer) {
        let size = self.mapSize
        buffer.writeWithOutputRawSpan(minimumWritableBytes: PulseFraming.prefixSize + size) {
            $0.pack(bigEndian: UInt32(size))
            self.put(into: &$0)
        }
    }

    private func put(into sink: inout (some MessagePackSink & ~Copyable & ~Escapable)) {
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
        case .presence(let channel, let change, let state):
            sink.pack(presenceOf: channel, id: 0, change.action)
            state.put(into: &sink)
        case .presenceSync(let id, let channel, let states):
            sink.pack(presenceOf: channel, id: id, .sync)
            sink.pack(mapOf: 1)
            sink.pack(name: "members")
            sink.pack(arrayOf: states.count)
            for state in states { state.put(into: &sink) }
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

    /// Of a presence frame all but the value of its `data`, which has to be put next.
    fileprivate mutating func pack(presenceOf channel: String, id: UInt64, _ action: PulsePresenceAction) {
        self.pack(type: "presence", members: 4)
        self.pack(id: id)
        self.pack(name: "channel")
        self.pack(text: channel)
        self.pack(name: "action")
        self.pack(UInt64(action.rawValue))
        self.pack(name: "data")
    }

    fileprivate mutating func pack(type: StaticString, timestamp: UInt64?) {
        self.pack(type: type, members: timestamp == nil ? 0 : 1)
        guard let timestamp else { return }
        self.pack(name: "timestamp")
        self.pack(timestamp)
    }
}
