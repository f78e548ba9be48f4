public import NIOCore

/// Who is on a topic, or what has changed since the report before.
public struct PresenceReport: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// All who are there: whoever is not named is not there.
        case sync([PresenceMemberFields])
        /// No connection is in it twice. `left` has the ids of connections. A field is left out where there are none.
        case changes(joined: [PresenceMemberFields], updated: [PresenceMemberFields], left: [String])
    }

    public var topic: String
    public var content: Content
    /// Who is there then. Each counts once, by however many connections.
    public var users: Int
    public var connections: Int
    /// Where it leads: what a client goes on from that knows it.
    public var cursor: String

    public init(topic: String, content: Content, users: Int, connections: Int, cursor: String) {
        self.topic = topic
        self.content = content
        self.users = users
        self.connections = connections
        self.cursor = cursor
    }

    /// In bytes, exactly.
    public var size: Int { JSONSize.of { self.put(into: &$0) } }

    /// Writes it as an object of its own.
    public func write(into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: self.size) { self.put(into: &$0) }
    }

    func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put("{")
        self.putFields(into: &sink)
        sink.put("}")
    }

    /// The fields without braces around them.
    func putFields(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch self.content {
        case .sync: sink.put(#""action":"sync","topic":"#)
        case .changes: sink.put(#""action":"changes","topic":"#)
        }
        sink.put(text: self.topic)
        switch self.content {
        case .sync(let members): Self.put(#","members":["#, members, into: &sink)
        case .changes(let joined, let updated, let left):
            if !joined.isEmpty { Self.put(#","joined":["#, joined, into: &sink) }
            if !updated.isEmpty { Self.put(#","updated":["#, updated, into: &sink) }
            guard !left.isEmpty else { break }
            sink.put(#","left":["#)
            sink.putList(left) { $1.put(text: $0) }
            sink.put("]")
        }
        sink.put(#","users":"#)
        sink.put(count: self.users)
        sink.put(#","connections":"#)
        sink.put(count: self.connections)
        sink.put(#","cursor":"#)
        sink.put(text: self.cursor)
    }

    private static func put(
        _ name: StaticString,
        _ members: [PresenceMemberFields],
        into sink: inout (some JSONSink & ~Copyable & ~Escapable)
    ) {
        sink.put(name)
        sink.putList(members) { $0.put(into: &$1) }
        sink.put("]")
    }
}
