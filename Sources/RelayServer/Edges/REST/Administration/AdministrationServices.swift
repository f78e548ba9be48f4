import NIOCore
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// What administrators' routes work with.
struct AdministrationServices: Sendable {
    let configuration: LiveConfiguration
    /// See ``LiveConfiguration/reload()``.
    let reload: @Sendable () throws(ConfigurationFailure) -> LiveConfiguration.Outcome?
    let directory: NodeDirectory
    let connections: ClusterConnections
    let sessions: SessionService
    let loops: DeliveryLoops
    let audit: AuditTrail
}

/// The connections of all relays of the store: this one's own, and those of others as they answer.
struct ClusterConnections: Sendable {
    let register: ConnectionRegister
    let directory: NodeDirectory
    let nodes: RelayNodes
    let loops: DeliveryLoops
    /// Take as long an answer as may come.
    let sockets: WebSocketServices
    let users: UserAdministration
    let now: @Sendable () -> Timestamp

    /// What a client is told whose connection is ended.
    static let reason = "Ended by an administrator"
    /// What another relay's answer has at most, in bytes: a page of a list, and more.
    static let maxAnswerBytes = 1 << 20

    /// - Parameter node: another relay.
    /// - Throws: where it can't be asked.
    func ask(_ question: ConnectionQuestion, of node: KnownNode) async throws -> ConnectionAnswer {
        guard let address = node.address else { throw NodeInquiry.Failure() }
        let bytes = try await self.nodes.ask(question.text, at: address, on: self.loops.any, self.sockets)
        guard let answer = ConnectionAnswer(String(buffer: bytes)) else { throw NodeInquiry.Failure() }
        return answer
    }

    /// What this relay answers, to its own administrators and to other relays.
    func answer(_ question: ConnectionQuestion) async throws -> ConnectionAnswer {
        switch question {
        case .list(let node, let filter, let place, let limit):
            guard node == self.directory.own else { return .gone }
            return try await self.list(filter, after: place, limit: limit)
        case .end(let node, let place):
            guard node == self.directory.own else { return .gone }
            return try await self.register.end(place, Self.reason) ? .done : .none
        }
    }

    /// To another relay; nothing where the question can't be read.
    func answer(text: String) async -> String {
        guard let question = ConnectionQuestion(text) else { return "" }
        return (try? await self.answer(question).text) ?? ""
    }

    private func list(
        _ filter: ConnectionRegister.Filter,
        after place: ConnectionPlace?,
        limit: Int
    ) async throws -> ConnectionAnswer {
        var entries: [String] = []
        var (bytes, last): (Int, ConnectionPlace?) = (0, nil)
        var isCut = false
        var names = UserNames(self.users)
        let now = self.now()
        try await self.register.each(after: place, filter) { sights in
            for sight in sights {
                guard entries.count < limit, bytes < ListPage.maxBytes else {
                    isCut = true
                    return false
                }
                var name: String?
                if let user = sight.facts.user { name = await names.name(of: user) }
                var buffer = ByteBuffer()
                self.tree(sight, username: name, now).write(into: &buffer)
                bytes += buffer.readableBytes
                entries.append(String(buffer: buffer))
                last = sight.place
            }
            return true
        }
        return .page(entries, next: isCut ? last : nil)
    }

    private func tree(_ sight: ConnectionSight, username: String?, _ now: Timestamp) -> JSONTree {
        .object([
            ("id", .text("\(self.directory.own).\(sight.place)")),
            ("node", .text(self.directory.own)),
            ("kind", .text(sight.facts.kind.rawValue)),
            ("user_id", .text(sight.facts.user?.rawValue)),
            ("username", .text(username)),
            ("address", .text(sight.address)),
            ("encrypted", .flag(sight.isEncrypted)),
            ("topics", .number(Int64(sight.facts.topics))),
            ("since", .moment(Timestamp(microseconds: now.microseconds - sight.age / 1_000))),
            ("queued_bytes", .number(Int64(sight.queuedBytes))),
        ])
    }
}
