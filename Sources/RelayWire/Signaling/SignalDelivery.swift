public import NIOCore

/// A topic's message, as signaling sockets get it: read once, and written in the receiver's dialect.
///
/// The relay's own members come first, then the payload's, byte for byte. What a payload says of its sender, its session or its place the relay
/// writes itself: such members of it are left out.
public struct SignalDelivery: Sendable {
    /// The payload's `type`. Empty for a message without one.
    public let type: String
    /// The peer that sent it; nil for the relay's own messages.
    public let sender: String?
    private let payload: ByteBuffer
    /// The payload's members that go out, without commas.
    private var members: [(name: String, start: Int, value: JSONValue)] = []
    private let timestamp: Timestamp

    /// Where a message goes out.
    public struct Place: Hashable, Sendable {
        public var dialect: SignalDialect
        public var spelling: ConnectionSpelling
        public var session: String
        /// Counts what the socket got, from 1.
        public var seq: UInt64
        public var topic: SignalTopic
        public var id: MessageID

        public init(
            dialect: SignalDialect,
            spelling: ConnectionSpelling,
            session: String,
            seq: UInt64,
            topic: SignalTopic,
            id: MessageID
        ) {
            self.dialect = dialect
            self.spelling = spelling
            self.session = session
            self.seq = seq
            self.topic = topic
            self.id = id
        }
    }

    /// - Parameters:
    ///   - payload: a JSON object, as topics have.
    ///   - sender: as the relay has written it.
    ///   - timestamp: when the relay took it.
    public init?(payload: ByteBuffer, sender: String?, timestamp: Timestamp) {
        self.payload = payload
        self.sender = sender
        self.timestamp = timestamp
        var type: String?
        var scanner = JSONScanner(payload)
        do throws(JSONError) {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                let text = scanner.text(of: name) ?? ""
                switch text {
                case "type": type = scanner.text(of: value)
                case "session_id", "seq", "cursor": continue
                case "peer_id", "from_peer_id", "sender_id":
                    guard sender == nil else { continue }
                    self.members.append((text, name.range.lowerBound, value))
                default: self.members.append((text, name.range.lowerBound, value))
                }
            }
        } catch {
            return nil
        }
        self.type = type ?? ""
    }

    /// A member that is a string; nil where it is none, or absent.
    public func text(_ name: String) -> String? {
        guard let member = self.members.first(where: { $0.name == name }) else { return nil }
        return JSONScanner(self.payload).text(of: member.value)
    }

    /// A member that is a whole number from 0 on; nil where it is none, or absent.
    public func number(_ name: String) -> UInt64? {
        guard let member = self.members.first(where: { $0.name == name }) else { return nil }
        return JSONScanner(self.payload).wholeNumber(of: member.value)
    }

    /// Writes a whole WebSocket text frame.
    public func writeFramed(to place: Place, into buffer: inout ByteBuffer) {
        let size = JSONSize.of { self.put(to: place, into: &$0) }
        buffer.reserveCapacity(minimumWritableBytes: WebSocketFraming.headerSize(payloadSize: size) + size)
        WebSocketFraming.writeHeader(.text, payloadSize: size, into: &buffer)
        buffer.writeWithOutputRawSpan(minimumWritableBytes: size) { self.put(to: place, into: &$0) }
    }

    // MARK: Layout

    private func put(to place: Place, into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"type":"#)
        sink.put(text: self.tag(for: place))
        sink.put(#","session_id":"#)
        sink.put(text: place.session)
        let isCore = place.dialect == .core
        if let sender = self.sender { self.put(sender, isCore, into: &sink) }
        if isCore, self.type == "peer_joined", self.sender == nil {
            self.putPeer(into: &sink)
        } else {
            self.putMembers(isCore, into: &sink)
        }
        if self.isChat {
            sink.put(#","timestamp":"#)
            sink.put(UInt64(clamping: self.timestamp.microseconds / 1_000_000))
        }
        sink.put(#","seq":"#)
        sink.put(place.seq)
        sink.put(#","cursor":{""#)
        sink.put(topic: place.topic)
        sink.put(#"":"#)
        sink.put(place.id)
        sink.put("}}")
    }

    private var isChat: Bool { self.type == "chat_message" }

    private func tag(for place: Place) -> String {
        switch self.type {
        case "chat_message": place.dialect == .core ? "chat" : self.type
        case "p2p_connection_request", "p2p_connection_response", "p2_p_connection_request", "p2_p_connection_response":
            self.connectionTag(for: place)
        default: self.type
        }
    }

    /// Core's message of the same name has one spelling.
    private func connectionTag(for place: Place) -> String {
        let isRequest = self.type.hasSuffix("request")
        let isCores = self.members.contains { $0.name == "sdp" }
        guard place.spelling == .split, place.dialect != .core, !isCores else {
            return isRequest ? "p2p_connection_request" : "p2p_connection_response"
        }
        return isRequest ? "p2_p_connection_request" : "p2_p_connection_response"
    }

    private func put(_ sender: String, _ isCore: Bool, into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch self.type {
        case "chat_message" where isCore: sink.put(#","sender_id":"#)
        case "chat_message", "cursor_update", "presence_update": sink.put(#","peer_id":"#)
        default: sink.put(#","from_peer_id":"#)
        }
        sink.put(text: sender)
    }

    private func putMembers(_ isCore: Bool, into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        for (name, start, value) in self.members {
            if self.isChat, name == "timestamp" { continue }
            sink.put(",")
            if self.isChat, isCore, name == "message" {
                sink.put(#""text":"#)
                self.put(value.range, into: &sink)
            } else {
                self.put(start..<value.range.upperBound, into: &sink)
            }
        }
    }

    private func putPeer(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#","peer":{"#)
        sink.putList(self.members) { member, sink in self.put(member.start..<member.value.range.upperBound, into: &sink)
        }
        sink.put("}")
    }

    private func put(_ range: Range<Int>, into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        let start = self.payload.readerIndex + range.lowerBound
        sink.put(json: self.payload.getSlice(at: start, length: range.count) ?? ByteBuffer())
    }
}

extension JSONSink where Self: ~Copyable & ~Escapable {
    /// Its name, without quotes.
    mutating func put(topic: SignalTopic) {
        switch topic {
        case .session: self.put("session")
        case .presence: self.put("presence")
        case .signal: self.put("signal")
        case .punch: self.put("punch")
        case .files: self.put("files")
        }
    }
}
