import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelayPresence

/// A client of a relay, by one connection: what its edge does, and what it knows of who is there.
final class StageClient: Sendable {
    let name: String
    private let relay: StageRelay
    private let loop: StageLoop
    private let bound: NIOLoopBound<ClientEdge>

    /// - Parameters:
    ///   - name: of its connection.
    ///   - since: what it knows already.
    init(
        _ name: String,
        _ principal: Principal = .olga,
        at relay: StageRelay,
        loop: Int = 0,
        on topic: TopicKey = PresenceStage.news,
        watches: Bool = true,
        since cursor: Cursor? = nil
    ) async throws {
        (self.name, self.relay, self.loop) = (name, relay, relay.loops[loop])
        let open = try await relay.broker.topic(PresenceTopic.key(of: topic), for: .join, as: principal)
        let (eventLoop, stage) = (self.loop.eventLoop, self.loop)
        self.bound = try await eventLoop.submit {
            let edge = ClientEdge(name, principal)
            try edge.sit(open.topic, stage, watches, cursor)
            return NIOLoopBound(edge, eventLoop: eventLoop)
        }.get()
    }

    private func ask<Value: Sendable>(_ body: @escaping @Sendable (ClientEdge) throws -> Value) async throws -> Value {
        let bound = self.bound
        return try await self.loop.eventLoop.submit { try body(bound.value) }.get()
    }

    /// How often it has asked to join.
    var asked: Int { get async throws { try await self.ask(\.asked) } }

    @discardableResult
    func join(_ data: String? = nil) async throws -> PresenceMember {
        try await self.answer { edge, body in
            edge.asked += 1
            edge.seat?.join(data.map { ByteBuffer(string: $0) }, as: edge.user, then: body)
        }
    }

    func update(_ data: String?) async throws -> PresenceMember {
        try await self.answer { edge, body in edge.seat?.update(data.map { ByteBuffer(string: $0) }, then: body) }
    }

    private func answer(
        _ ask: @escaping @Sendable (ClientEdge, @escaping (Result<PresenceMember, PresenceFailure>) -> Void) -> Void
    ) async throws -> PresenceMember {
        let promise = self.loop.eventLoop.makePromise(of: PresenceMember.self)
        try await self.ask { edge in ask(edge) { promise.completeWith($0.mapError { $0 as any Error }) } }
        return try await promise.futureResult.get()
    }

    @discardableResult
    func leave() async throws -> PresenceMember? {
        try await self.ask { edge in
            var left: PresenceMember?
            edge.seat?.leave { left = $0 }
            return left
        }
    }

    /// The connection is gone.
    func close() async throws { try await self.ask { $0.close() } }

    /// Whether its socket takes no more.
    func stall(_ isStalled: Bool) async throws {
        try await self.ask { edge in
            edge.isStalled = isStalled
            edge.show()
        }
    }

    /// The user as it is from now on; nil for who may do nothing any more.
    func become(_ principal: Principal?) async throws { try await self.ask { $0.become(principal) } }

    func watch(_ isWatching: Bool) async throws {
        try await self.ask { edge in
            edge.seat?.isWatching = isWatching
            edge.show()
        }
    }

    var view: [ConnectionID: PresenceMember] { get async throws { try await self.ask(\.view) } }

    /// The connections that it knows to be there, ordered.
    var names: [String] { get async throws { try await self.ask { $0.view.keys.map(\.rawValue).sorted() } } }

    /// What it was handed so far, as text.
    var told: [String] { get async throws { try await self.ask(\.told) } }

    /// The bytes of it, by what its members cost.
    var bytes: Int { get async throws { try await self.ask(\.bytes) } }

    var cursor: Cursor? { get async throws { try await self.ask(\.cursor) } }

    var counts: PresenceCounts? { get async throws { try await self.ask(\.counts) } }

    var isMember: Bool { get async throws { try await self.ask { $0.seat?.isMember ?? false } } }

    var ends: [ReaderEnd] { get async throws { try await self.ask(\.ends) } }

    /// How many bytes the roster has for its client.
    func encodedRoster() async throws -> Int {
        try await self.ask { edge in edge.seat?.roster()?.encoded(as: StageFormat.self).readableBytes ?? 0 }
    }

    var roster: [String]? {
        get async throws {
            try await self.ask { edge in
                guard case .sync(let members) = edge.seat?.roster()?.content else { return nil }
                return members.map(\.connection.rawValue)
            }
        }
    }
}

/// What an edge has of one connection. Lives on its loop.
final class ClientEdge: ReaderSink, PresenceListener {
    let connection: PresenceConnection
    private(set) var user: Principal
    private(set) var principal: Principal?
    private(set) var seat: PresenceSeat?
    private var reader: Reader?
    private var readers: LoopReaders?
    var isStalled = false
    var asked = 0
    private(set) var view: [ConnectionID: PresenceMember] = [:]
    private(set) var told: [String] = []
    private(set) var bytes = 0
    private(set) var cursor: Cursor?
    private(set) var counts: PresenceCounts?
    private(set) var ends: [ReaderEnd] = []

    init(_ name: String, _ principal: Principal) {
        self.connection = PresenceConnection(id: .named(name), user: principal.id, username: principal.username)
        (self.user, self.principal) = (principal, principal)
    }

    func sit(_ topic: Topic, _ loop: StageLoop, _ isWatching: Bool, _ cursor: Cursor?) throws {
        let parts = try #require(loop.parts)
        guard case .joined(let reader) = parts.readers.join(topic, start: .tail, tag: 0, sink: self) else {
            throw NotJoined()
        }
        self.seat = parts.presence.seat(
            reader,
            of: self.connection,
            isWatching: isWatching,
            since: cursor,
            listener: self
        )
        (self.reader, self.readers) = (reader, parts.readers)
        parts.readers.start(reader)
        self.show()
    }

    struct NotJoined: Error {}

    func close() {
        self.seat?.end()
        if let reader = self.reader { self.readers?.leave(reader) }
        self.reader = nil
    }

    func become(_ principal: Principal?) {
        self.principal = principal
        if let principal { self.user = principal }
        if let reader = self.reader { self.readers?.recheck(reader) }
    }

    func show() {
        guard !self.isStalled, let handout = self.seat?.next() else { return }
        self.view.take(handout.content)
        (self.cursor, self.counts) = (handout.cursor, handout.counts)
        switch handout.content {
        case .sync(let members):
            self.told.append("sync \(members.map(\.connection.rawValue).joined(separator: " "))")
            self.bytes += members.reduce(0) { $0 + $1.cost }
        case .changes(let changes):
            self.told += changes.map(\.text)
            self.bytes += changes.reduce(0) { $0 + $1.member.cost }
        }
    }

    // MARK: ReaderSink

    func capacity(for reader: Reader) -> Int { 0 }

    func deliver(_ gap: Gap, to reader: Reader) {}

    func deliver(_ batch: Batch, to reader: Reader) {}

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        self.ends.append(reason)
        self.reader = nil
        self.seat?.end()
    }

    func flush() {}

    func presenceIsReady(_ seat: PresenceSeat) { self.show() }
}

/// All data, one behind the other.
enum StageFormat: PresenceFormat {
    static func encode(_ handout: PresenceHandout) -> ByteBuffer {
        guard case .sync(let members) = handout.content else { return ByteBuffer() }
        return members.reduce(into: ByteBuffer()) { all, member in
            if let data = member.data { all.writeImmutableBuffer(data) }
        }
    }
}

extension PresenceChange {
    fileprivate var text: String {
        let data = self.member.data.map { " " + String(buffer: $0) } ?? ""
        return switch self {
        case .join(let member): "join \(member.connection)\(data)"
        case .update(let member): "update \(member.connection)\(data)"
        case .leave(let member): "leave \(member.connection)\(data)"
        }
    }
}
