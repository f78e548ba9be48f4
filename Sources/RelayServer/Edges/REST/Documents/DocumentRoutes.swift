import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// Documents for servers: what they have, what they were, and updates to them. Bodies are updates and state vectors of Yjs, version 1, as they
/// are.
enum DocumentRoutes {
    private static let path = "/api/v1/documents/{document_name}"

    static func add(to routes: inout RESTRoutes, _ services: DocumentRESTServices) {
        if services.showsExample { ExampleRoutes.add(to: &routes) }
        routes.on(.get, "/stats", asking: .open(maxBodyBytes: 1_024)) {
            try await Self.statistics($0, services.documents)
        }
        routes.on(.get, "/api/v1/documents", isList: true) { try await Self.list($0) }
        routes.on(.get, "\(Self.path)") { try await DocumentCall($0, services).show() }
        routes.on(.put, "\(Self.path)", asking: .caller(.write)) { try await DocumentCall($0, services).put() }
        routes.on(.delete, "\(Self.path)") { try await DocumentCall($0, services).delete() }
        routes.on(.get, "\(Self.path)/update", asking: .caller(.read)) { try await DocumentCall($0, services).update() }
        routes.on(.get, "\(Self.path)/state-vector", asking: .caller(.read)) {
            try await DocumentCall($0, services).stateVector()
        }
        routes.on(.post, "\(Self.path)/updates", asking: .caller(.write)) {
            try await DocumentCall($0, services).publish()
        }
        routes.on(.get, "\(Self.path)/history", asking: .caller(.read), isList: true) {
            try await DocumentCall($0, services).history()
        }
    }

    /// What Zeal's monitoring asks, under the names of its guide and of its server. Of this relay alone. Which rooms there are only administrators
    /// are told.
    private static func statistics(_ call: RESTCall, _ documents: DocumentService) async throws -> Reply {
        let isAdministrator = try await call.memberIfNamed()?.isAdmin == true
        let clients = JSONTree.number(Int64(documents.connectionCount))
        var fields: [(name: String, value: JSONTree)] = [
            ("status", .text("running")), ("rooms", .number(Int64(documents.loadedCount))),
            ("total_clients", clients), ("totalClients", clients),
            ("max_rooms", .number(Int64(documents.settings.maxLoaded))),
            ("max_clients_per_room", .number(Int64(documents.settings.maxConnections))),
        ]
        if isAdministrator {
            let rooms = documents.rooms.map { room in
                JSONTree.object([("name", .text(room.name.text)), ("clients", .number(Int64(room.connections)))])
            }
            fields.append(("roomDetails", .list(rooms)))
        }
        return Reply(.ok, .object(fields))
    }

    /// Topics that are read from the store at once.
    private static let batch = 200

    /// What the caller owns or was granted, by topic name. A page's cursor is its last topic's name.
    private static func list(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let query = try PageQuery(call.query)
        // Topics of other kinds come before and after documents.
        var last = query.cursor.flatMap { DocumentName(path: $0) }.map { TopicKey(name: $0.topicName) }
        if query.cursor != nil, last == nil { throw PageQuery.badCursor }
        var page = ListPage(limit: query.limit)
        var lastShown: DocumentName?
        while true {
            try call.checkPresence()
            let topics = try await call.services.broker.topics(of: caller.id, after: last, limit: Self.batch)
            let isFull = await call.services.lists.run {
                for topic in topics {
                    guard let name = DocumentName(path: topic.record.key.name.rawValue) else { continue }
                    guard page.room > 0 else { return true }
                    page.add(DocumentCall.tree(topic, name))
                    lastShown = name
                }
                return false
            }
            if isFull { return page.reply(next: lastShown?.topicName.rawValue) }
            last = topics.last?.record.key
            guard topics.count == Self.batch else { return page.reply(next: nil) }
        }
    }
}

/// What the routes of documents work with.
struct DocumentRESTServices: Sendable {
    let documents: DocumentService
    let loops: DeliveryLoops
    let showsExample: Bool
}

/// One request about one document.
struct DocumentCall {
    private static let binary: HTTPHeaders = ["content-type": "application/octet-stream"]

    private let call: RESTCall
    private let services: DocumentRESTServices
    private let name: DocumentName

    init(_ call: RESTCall, _ services: DocumentRESTServices) throws(RESTRefusal) {
        let sent = call.parameter("document_name")
        guard let text = sent.removingPercentEncoding, let name = DocumentName(text) else {
            throw RESTRefusal(Reply(.badRequest, detail: "This is no name of a document"))
        }
        self.call = call
        self.services = services
        self.name = name
    }

    private var key: TopicKey { TopicKey(name: self.name.topicName) }

    // MARK: The document itself

    func show() async throws -> Reply {
        let caller = try await self.call.caller()
        let topic = try await self.asking { () throws(BrokerError) in
            try await self.call.services.broker.storedTopic(self.key, for: .inspect, as: caller)
        }
        return Reply(.ok, Self.tree(topic, self.name))
    }

    func delete() async throws -> Reply {
        let caller = try await self.call.caller()
        try await self.asking { () throws(BrokerError) in
            try await self.call.services.broker.deleteTopic(self.key, as: caller)
        }
        return .noContent
    }

    /// Makes the document if there is none, and merges the body into it, an update.
    func put() async throws -> Reply {
        let caller = try await self.call.caller()
        let use = try await self.open(as: caller, isMade: true)
        let body = try await self.call.body()
        guard body.readableBytes > 0 else { return Reply(.ok, self.place(of: use.document)) }
        return try await self.merge(body, into: use, as: caller)
    }

    /// Merges the body into the document, an update.
    func publish() async throws -> Reply {
        let caller = try await self.call.caller()
        let use = try await self.open(as: caller, isMade: false)
        return try await self.merge(try await self.call.body(), into: use, as: caller)
    }

    private func merge(_ body: ByteBuffer, into use: DocumentUse, as caller: Principal) async throws -> Reply {
        let uptime = self.call.services.broker.clock.uptime()
        try self.call.services.access.rateLimiter.check(.publish, key: caller.id.rawValue, at: uptime)
        let bytes = Array(body.readableBytesView)
        let news: UpdateNews
        do throws(DocumentError) {
            news = try use.document.news(in: bytes.span)
        } catch {
            throw RESTRefusal(
                Reply(.unprocessableEntity, detail: "The body is no update of Yjs, version 1: \(error)")
            )
        }
        guard !news.addsStructs || !use.document.isFull else {
            throw RESTRefusal(Reply(.payloadTooLarge, detail: "The document is as large as it may be"))
        }
        let payload: ByteBuffer
        switch news.forward {
        case .nothing: return Reply(.ok, self.place(of: use.document))
        case .whole: payload = ByteBuffer(bytes: bytes)
        case .part(let part): payload = ByteBuffer(bytes: part)
        }
        let draft = Draft(
            timestamp: self.call.now,
            payload: payload,
            format: .binary,
            publisher: try await self.call.session().account.load
        )
        let outcome = await self.call.services.broker.publishOne(
            Broker.Item(key: self.key, draft: draft),
            once: nil,
            as: caller
        )
        let stored = try self.refusing(outcome.result)
        return Reply(
            .created,
            .object([
                ("name", .text(self.name.text)), ("topic_name", .text(self.name.topicName.rawValue)),
                ("cursor", .text(stored.id?.description)), ("durability", .text(stored.durability.rawValue)),
            ])
        )
    }

    // MARK: Content

    /// `?state_vector=` leaves out what somebody has, `?cursor=` asks for a past state.
    func update() async throws -> Reply {
        let known = try self.knownState()
        if let past = try await self.past() {
            var content = past
            return Reply(.ok, headers: Self.binary, body: ByteBuffer(bytes: content.diff(against: known)))
        }
        let use = try await self.open(as: try await self.call.caller(), isMade: false)
        // In this order: what comes between the two is in both.
        let cursor = use.document.cursor
        var reply = Reply(.ok, headers: Self.binary, body: ByteBuffer(bytes: use.document.difference(against: known)))
        reply.headers.add(name: "x-document-cursor", value: cursor.id.description)
        return reply
    }

    func stateVector() async throws -> Reply {
        let vector: StateVector
        if let past = try await self.past() {
            vector = past.stateVector
        } else {
            vector = try await self.open(as: try await self.call.caller(), isMade: false).document.stateVector
        }
        return Reply(.ok, headers: Self.binary, body: ByteBuffer(bytes: vector.encoded()))
    }

    private func knownState() throws -> StateVector {
        guard let text = self.call.query.first("state_vector") else { return StateVector() }
        guard let bytes = Data(base64URL: text), let vector = try? StateVector(Array(bytes)) else {
            throw RESTRefusal(Reply(.badRequest, detail: "state_vector is no state vector in base64"))
        }
        return vector
    }

    /// - Returns: nil where the present is asked for.
    private func past() async throws -> DocumentState? {
        guard let id = try self.cursor() else { return nil }
        let caller = try await self.call.caller()
        do throws(DocumentService.PastRefusal) {
            return try await self.services.documents.content(of: self.name, asOf: id, as: caller)
        } catch {
            switch error {
            case .gone: throw RESTRefusal(Reply(.gone, detail: "So old a state is not kept any more"))
            case .broker(let error): throw self.refusal(error)
            }
        }
    }

    private func cursor() throws(RESTRefusal) -> MessageID? {
        guard let text = self.call.query.first("cursor"), !text.isEmpty else { return nil }
        guard let id = MessageID(text) else {
            throw RESTRefusal(Reply(.badRequest, detail: "cursor is no cursor of a document"))
        }
        return id
    }

    // MARK: History

    func history() async throws -> Reply {
        let caller = try await self.call.caller()
        let query = try PageQuery(self.call.query)
        let after = try self.cursor() ?? .zero
        let past = try await self.asking { () throws(BrokerError) in
            try await self.services.documents.past(of: self.name, after: after, limit: query.limit, as: caller)
        }
        var page = ListPage(limit: query.limit)
        var last: MessageID?
        for update in past.updates {
            guard page.room > 0 else { return page.reply(next: last?.description) }
            page.add(
                .object([
                    ("cursor", .text(update.id.description)), ("timestamp", .moment(update.timestamp)),
                    ("author", .text(update.author)), ("bytes", .number(Int64(update.bytes))),
                    ("snapshot", .flag(update.isSnapshot)),
                ])
            )
            last = update.id
        }
        return page.reply(next: past.hasMore ? last?.description : nil)
    }
}

// MARK: - Steps

extension DocumentCall {
    private func open(as caller: Principal, isMade: Bool) async throws -> DocumentUse {
        do throws(DocumentRefusal) {
            return try await self.services.documents.open(
                self.name,
                on: self.services.loops.any,
                as: caller,
                isMade: isMade
            )
        } catch {
            if case .broker(let error) = error { throw self.refusal(error) }
            throw RESTRefusal(Reply(error))
        }
    }

    private func asking<Value>(_ ask: () async throws(BrokerError) -> Value) async throws(RESTRefusal) -> Value {
        do throws(BrokerError) {
            return try await ask()
        } catch {
            throw self.refusal(error)
        }
    }

    private func refusing<Value>(_ result: Result<Value, BrokerError>) throws(RESTRefusal) -> Value {
        switch result {
        case .success(let value): return value
        case .failure(let error): throw self.refusal(error)
        }
    }

    private func refusal(_ error: BrokerError) -> RESTRefusal {
        switch error {
        case .missing: RESTRefusal(Reply(.notFound, detail: "No such document"))
        case .denied: RESTRefusal(Reply(.forbidden, detail: "Access denied to the document"))
        case .exists, .refused, .quota, .full, .moved, .overloaded, .tooManyWaiting, .store: RESTRefusal(Reply(error))
        }
    }

    private func place(of document: LoadedDocument) -> JSONTree {
        .object([
            ("name", .text(self.name.text)), ("topic_name", .text(self.name.topicName.rawValue)),
            ("cursor", .text(document.cursor.id.description)),
        ])
    }

    static func tree(_ topic: StoredTopic, _ name: DocumentName) -> JSONTree {
        let record = topic.record
        return .object([
            ("name", .text(name.text)),
            ("topic_name", .text(record.key.name.rawValue)),
            ("owner_id", .text(record.owner.rawValue)),
            ("is_public", .flag(record.isPublic)),
            ("anonymous", .text(record.anonymous.rawValue)),
            ("created_at", .moment(record.createdAt)),
            ("description", .text(record.description)),
            ("cursor", .text(topic.bounds.last.description)),
            ("updates", .number(Int64(topic.bounds.count))),
        ])
    }
}

extension Data {
    /// Base64 in either alphabet, with or without padding.
    fileprivate init?(base64URL text: String) {
        var text = text.replacing("-", with: "+").replacing("_", with: "/")
        while !text.utf8.count.isMultiple(of: 4), text.utf8.count % 4 != 1 { text += "=" }
        self.init(base64Encoded: text)
    }
}
