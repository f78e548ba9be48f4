import NIOCore

/// A frame's members while it is being read. `type` may come last, so where each begins is kept until it is known. Of those with one name
/// the last counts.
struct PulseFrameMembers {
    /// Where the values begin in `buffer`; nil where there is none, or null.
    private var type: Int?
    private var id: Int?
    private var channel: Int?
    private var event: Int?
    private var payload: Int?
    private var action: Int?
    private var data: Int?
    private var timestamp: Int?
    private var version: Int?
    private var token: Int?
    private var since: Int?
    private var stream: Int?
    private var datagram: Int?

    private let buffer: ByteBuffer

    init(_ frame: ByteBuffer) {
        self.buffer = frame
    }

    /// Walks over the whole map.
    mutating func find() throws(MessagePackError) {
        let buffer = self.buffer
        let bytes = buffer.readableBytesUInt8Span
        var place = MessagePackPlace()
        guard case .map(let count) = try place.head(bytes) else { throw MessagePackError("a frame is a map") }
        for _ in 0..<count {
            guard case .string(let size) = try place.head(bytes) else { throw MessagePackError("a key is no text") }
            let name = try place.take(bytes, size: size)
            let offset = place.offset
            let isNull = try place.head(bytes) == .null
            self.keep(bytes, name, at: isNull ? nil : offset)
            place.offset = offset
            try place.skip(bytes)
        }
    }

    private mutating func keep(_ bytes: Span<UInt8>, _ name: Range<Int>, at offset: Int?) {
        func isName(_ text: StaticString) -> Bool {
            name.count == text.utf8CodeUnitCount && bytes.holds(text, at: name.lowerBound)
        }
        if isName("type") {
            self.type = offset
        } else if isName("id") {
            self.id = offset
        } else if isName("channel") {
            self.channel = offset
        } else if isName("payload") {
            self.payload = offset
        } else if isName("event") {
            self.event = offset
        } else if isName("timestamp") {
            self.timestamp = offset
        } else if isName("action") {
            self.action = offset
        } else if isName("data") {
            self.data = offset
        } else if isName("version") {
            self.version = offset
        } else if isName("token") {
            self.token = offset
        } else if isName("since") {
            self.since = offset
        } else if isName("stream") {
            self.stream = offset
        } else if isName("datagram") {
            self.datagram = offset
        }
    }

    /// For refusals: 0 where there is none that can be read.
    var readableID: UInt64 { (try? self.optionalNumber(self.id, "id")).flatMap(\.self) ?? 0 }

    /// What the members are together. Those of other types are ignored.
    func frame() throws(MessagePackError) -> PulseClientFrame {
        switch try self.frameType() {
        case .connect:
            let version: UInt8 = try self.number(self.version, "version")
            return .connect(version: version, token: try self.optionalText(self.token, "token"))
        case .subscribe: return try self.subscribe()
        case .unsubscribe:
            return .unsubscribe(id: try self.number(self.id, "id"), channel: try self.channelName())
        case .publish: return try self.publish()
        case .presence: return try self.presence()
        case .ping: return .ping(timestamp: try self.optionalNumber(self.timestamp, "timestamp"))
        case .pong: return .pong(timestamp: try self.optionalNumber(self.timestamp, "timestamp"))
        case .ack, .error, .connected: return .ofServer
        }
    }

    private func subscribe() throws(MessagePackError) -> PulseClientFrame {
        .subscribe(
            id: try self.number(self.id, "id"),
            channel: try self.channelName(),
            since: try self.optionalText(self.since, "since"),
            way: PulseWay(
                hasStream: try self.flag(self.stream, "stream"),
                hasDatagrams: try self.flag(self.datagram, "datagram")
            )
        )
    }

    private func publish() throws(MessagePackError) -> PulseClientFrame {
        .publish(
            id: try self.optionalNumber(self.id, "id"),
            channel: try self.channelName(),
            event: try self.optionalText(self.event, "event"),
            payload: try self.bytes(self.payload, "payload")
        )
    }

    private func presence() throws(MessagePackError) -> PulseClientFrame {
        guard let action = PulsePresenceAction(rawValue: try self.number(self.action, "action")) else {
            throw MessagePackError("no such action")
        }
        return .presence(
            id: try self.number(self.id, "id"),
            channel: try self.channelName(),
            action: action,
            data: try self.optionalJSON(self.data)
        )
    }

    private func frameType() throws(MessagePackError) -> PulseFrameType {
        var reader = try self.reader(self.type, "type")
        let type: PulseFrameType? =
            switch try reader.head() {
            case .unsigned(let number): PulseFrameType(rawValue: number)
            case .string(let size), .binary(let size): PulseFrameType(name: try reader.text(size: size))
            default: throw MessagePackError("`type` is no text")
            }
        guard let type else { throw MessagePackError("no such type") }
        return type
    }

    private func channelName() throws(MessagePackError) -> String {
        var reader = try self.reader(self.channel, "channel")
        switch try reader.head() {
        case .string(let size), .binary(let size): return try reader.text(size: size)
        default: throw MessagePackError("`channel` is no text")
        }
    }

    // MARK: Values

    private func reader(_ slot: Int?, _ name: String) throws(MessagePackError) -> MessagePackReader {
        guard let slot else { throw MessagePackError("no `\(name)`") }
        return MessagePackReader(self.buffer, at: slot)
    }

    private func number<Number: UnsignedInteger & FixedWidthInteger>(
        _ slot: Int?,
        _ name: String
    ) throws(MessagePackError) -> Number {
        var reader = try self.reader(slot, name)
        guard case .unsigned(let number) = try reader.head() else { throw MessagePackError("`\(name)` is no integer") }
        guard let number = Number(exactly: number) else { throw MessagePackError("`\(name)` is too large") }
        return number
    }

    private func optionalNumber(_ slot: Int?, _ name: String) throws(MessagePackError) -> UInt64? {
        guard slot != nil else { return nil }
        return try self.number(slot, name)
    }

    private func optionalText(_ slot: Int?, _ name: String) throws(MessagePackError) -> String? {
        guard let slot else { return nil }
        var reader = MessagePackReader(self.buffer, at: slot)
        guard case .string(let size) = try reader.head() else { throw MessagePackError("`\(name)` is no text") }
        return try reader.text(size: size)
    }

    /// What is not said is not so.
    private func flag(_ slot: Int?, _ name: String) throws(MessagePackError) -> Bool {
        guard let slot else { return false }
        var reader = MessagePackReader(self.buffer, at: slot)
        guard case .boolean(let flag) = try reader.head() else { throw MessagePackError("`\(name)` is no boolean") }
        return flag
    }

    private func optionalJSON(_ slot: Int?) throws(MessagePackError) -> ByteBuffer? {
        guard let slot else { return nil }
        var reader = MessagePackReader(self.buffer, at: slot)
        return try MessagePackJSON.json(from: &reader)
    }

    /// Bytes, text of which the bytes count, or an array of bytes.
    private func bytes(_ slot: Int?, _ name: String) throws(MessagePackError) -> ByteBuffer {
        var reader = try self.reader(slot, name)
        switch try reader.head() {
        case .binary(let size), .string(let size): return try reader.bytes(size: size)
        case .array(let count): return try self.bytes(ofArray: count, &reader)
        default: throw MessagePackError("`\(name)` is not bytes")
        }
    }

    private func bytes(
        ofArray count: Int,
        _ reader: inout MessagePackReader
    ) throws(MessagePackError) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(count)
        for _ in 0..<count {
            guard case .unsigned(let number) = try reader.head(), let byte = UInt8(exactly: number) else {
                throw MessagePackError("an array holds what is no byte")
            }
            bytes.writeInteger(byte)
        }
        return bytes
    }
}
