import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayCore
import RelayWire

/// `/api/v1/admin/connections`: who is connected to the relays of the store, and ending that.
enum ConnectionRoutes {
    static func add(to routes: inout RESTRoutes, _ services: AdministrationServices) {
        routes.on(.get, "/api/v1/admin/connections", asking: .caller(.admin), isList: true) {
            try await Self.list($0, services)
        }
        routes.on(
            .delete,
            "/api/v1/admin/connections/{connection_id}",
            asking: .caller(.admin),
            audited: .init("connection.end", target: "connection_id")
        ) { try await Self.end($0, services) }
    }

    /// Which of the relays, and which of its connections, a page ends with.
    private struct Cursor {
        let node: String
        let place: ConnectionPlace?

        /// `<node>` where the page begins with its first connection, else `<node>.<loop>.<number>`.
        init?(_ text: String) {
            let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            self.node = String(parts[0])
            guard parts.count == 2 else {
                self.place = nil
                return
            }
            guard let place = ConnectionPlace(String(parts[1])) else { return nil }
            self.place = place
        }
    }

    @Sendable private static func list(_ call: RESTCall, _ services: AdministrationServices) async throws -> Reply {
        _ = try await call.caller()
        let items = call.query
        guard let filter = ConnectionRegister.Filter(items) else { throw Self.unknownKind }
        let query = try PageQuery(items)
        let cursor = try query.cursor.map { text throws(RequestError) in
            guard let cursor = Cursor(text) else { throw PageQuery.badCursor }
            return cursor
        }
        var relays = try await services.known()
        if let node = items.first("node"), !node.isEmpty { relays.removeAll { $0.id != node } }
        // The same order at whichever relay the next page is asked for, and also where one has gone meanwhile.
        relays.sort { ExactText($0.id) < ExactText($1.id) }
        if let cursor { relays.removeAll { ExactText($0.id) < ExactText(cursor.node) } }
        var page = ListPage(limit: query.limit)
        var leftOut: [String] = []
        for (index, relay) in relays.enumerated() {
            try call.checkPresence()
            guard page.room > 0 else { return Self.reply(page, next: relay.id, leftOut) }
            let place = relay.id == cursor?.node ? cursor?.place : nil
            let question = ConnectionQuestion.list(node: relay.id, filter, after: place, limit: page.room)
            guard case .page(let entries, let next) = try? await services.ask(question, of: relay) else {
                leftOut.append(relay.id)
                continue
            }
            await call.services.lists.run { for entry in entries { page.add(.json(ByteBuffer(string: entry))) } }
            if let next { return Self.reply(page, next: "\(relay.id).\(next)", leftOut) }
            if index == relays.count - 1 { break }
        }
        return Self.reply(page, next: nil, leftOut)
    }

    private static func reply(_ page: consuming ListPage, next: String?, _ leftOut: [String]) -> Reply {
        var reply = page.reply(next: next)
        if !leftOut.isEmpty {
            reply.headers.add(name: "x-nodes-left-out", value: leftOut.joined(separator: ", "))
        }
        return reply
    }

    private static var unknownKind: RequestError {
        .invalid([
            ValidationIssue(
                type: "enum",
                location: [.name("query"), .name("kind")],
                message: "Input should be one of "
                    + ConnectionFacts.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            )
        ])
    }

    @Sendable private static func end(_ call: RESTCall, _ services: AdministrationServices) async throws -> Reply {
        _ = try await call.caller()
        let parts = call.parameter("connection_id").split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let place = ConnectionPlace(String(parts[1])),
            let relay = try await services.known().first(where: { $0.id == parts[0] })
        else { throw Self.unknown }
        switch try? await services.ask(.end(node: relay.id, place), of: relay) {
        case .done: return .noContent
        case .none?, .gone, .page: throw Self.unknown
        case nil:
            throw RESTRefusal(Reply(.serviceUnavailable, detail: "The connection's relay can't be asked"))
        }
    }

    private static var unknown: RESTRefusal { RESTRefusal(Reply(.notFound, detail: "No such connection")) }
}

extension AdministrationServices {
    /// The relays of the store.
    ///
    /// - Throws: the answer where the store can't be asked.
    func known() async throws -> [KnownNode] {
        do {
            return try await self.directory.known()
        } catch {
            throw RESTRefusal(Reply(BrokerError.store(error)))
        }
    }

    fileprivate func ask(_ question: ConnectionQuestion, of relay: KnownNode) async throws -> ConnectionAnswer {
        relay.isSelf
            ? try await self.connections.answer(question) : try await self.connections.ask(question, of: relay)
    }
}
