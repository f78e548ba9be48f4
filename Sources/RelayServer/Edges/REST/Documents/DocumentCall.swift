import Foundation
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// One request about one document.
struct DocumentCall {
    private static let binary: HTTPHeaders = ["content-type": "application/octet-stream"]

    let call: RESTCall
    let services: DocumentRESTServices
    let name: DocumentName
    let caller: Principal

    /// Asks first who calls: others are told nothing, not even what a name may be.
    init(_ call: RESTCall, _ services: DocumentRESTServices) async throws {
        self.caller = try await call.caller()
        let sent = call.parameter("document_name")
        guard let text = sent.removingPercentEncoding, let name = DocumentName(text) else {
            throw RESTRefusal(Reply(.badRequest, detail: "This is no name of a document"))
        }
        self.call = call
        self.services = services
        self.name = name
    }

    var key: TopicKey { TopicKey(name: self.name.topicName) }

    // MARK: The document itself

    func show() async throws -> Reply {
        let topic = try await self.asking { () throws(BrokerError) in
            try await self.call.services.broker.storedTopic(self.key, for: .inspect, as: self.caller)
        }
        return Reply(.ok, Self.tree(topic, self.name))
    }

    func delete() async throws -> Reply {
        try await self.asking { () throws(BrokerError) in
            try await self.call.services.broker.deleteTopic(self.key, as: self.caller)
        }
        return .noContent
    }

    /// Makes the document if there is none, and merges the body into it, an update.
    func put() async throws -> Reply { try await self.merge(createsMissing: true) }

    /// Merges the body into the document, an update.
    func publish() async throws -> Reply { try await self.merge(createsMissing: false) }

    /// Of several relays another may delete the document at any time, and make it again.
    private static let maxAttempts = 3

    /// The document is opened once the body is there and is an update: nobody has a place in it who only is slow to say something.
    private func merge(createsMissing: Bool) async throws -> Reply {
        try await self.checkWriting(createsMissing: createsMissing)
        let bytes = Array(try await self.call.body().readableBytesView)
        if !createsMissing || !bytes.isEmpty {
            try self.checked { () throws(DocumentError) in try Update.check(bytes.span) }
        }
        for _ in 0..<Self.maxAttempts {
            let use = try await self.openToWrite(createsMissing: createsMissing)
            let verdict =
                bytes.isEmpty
                ? .known : try self.checked { () throws(DocumentError) in try use.document.verdict(on: bytes.span) }
            // What is left out has to be in the document that there is.
            if verdict != .whole, try await !self.isStored(use) { continue }
            return try await self.carryOut(verdict, on: bytes, of: use)
        }
        throw RESTRefusal(Reply(BrokerError.moved))
    }

    private func checked<Value>(_ read: () throws(DocumentError) -> Value) throws(RESTRefusal) -> Value {
        do throws(DocumentError) {
            return try read()
        } catch {
            throw RESTRefusal(
                Reply(.unprocessableEntity, detail: "The body is no update of Yjs, version 1: \(error)")
            )
        }
    }

    func carryOut(_ verdict: UpdateVerdict, on update: [UInt8], of use: DocumentUse) async throws -> Reply {
        switch verdict {
        case .known: return self.unchanged(use)
        case .whole: return try await self.append(update)
        case .part(let part): return try await self.append(part)
        case .full: throw RESTRefusal(Reply(.payloadTooLarge, detail: UpdateRefusal.full.clientText))
        }
    }

    func isStored(_ use: DocumentUse) async throws(RESTRefusal) -> Bool {
        try await self.asking { () throws(BrokerError) in try await self.services.documents.isStored(use.document) }
    }

    /// The answer where nothing of it is new.
    func unchanged(_ use: DocumentUse) -> Reply {
        Reply(
            .ok,
            .object([
                ("name", .text(self.name.text)), ("topic_name", .text(self.name.topicName.rawValue)),
                ("cursor", .text(use.document.cursor.id.description)),
            ])
        )
    }

    private func append(_ update: [UInt8]) async throws -> Reply {
        let draft = Draft(
            timestamp: self.call.now,
            payload: ByteBuffer(bytes: update),
            format: .binary,
            publisher: try await self.call.session().account.load
        )
        let outcome = await self.call.services.broker.publishOne(
            Broker.Item(key: self.key, draft: draft),
            once: nil,
            as: self.caller
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
            var content = past.content
            return Reply(.ok, headers: Self.binary, body: ByteBuffer(bytes: content.diff(against: known)))
        }
        let use = try await self.open(createsMissing: false)
        // In this order: what comes between the two is in both.
        let cursor = use.document.cursor
        var reply = Reply(.ok, headers: Self.binary, body: ByteBuffer(bytes: use.document.difference(against: known)))
        reply.headers.add(name: "x-document-cursor", value: cursor.id.description)
        return reply
    }

    func stateVector() async throws -> Reply {
        let vector: StateVector
        if let past = try await self.past() {
            vector = past.content.stateVector
        } else {
            vector = try await self.open(createsMissing: false).document.stateVector
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

    // MARK: History

    func history() async throws -> Reply {
        let query = try PageQuery(self.call.query)
        let after = try self.cursor() ?? .zero
        let past = try await self.asking { () throws(BrokerError) in
            try await self.services.documents.past(of: self.name, after: after, limit: query.limit, as: self.caller)
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
    func open(createsMissing: Bool) async throws -> DocumentUse {
        do throws(DocumentRefusal) {
            return try await self.services.documents.open(
                self.name,
                on: self.services.loops.any,
                as: self.caller,
                createsMissing: createsMissing
            )
        } catch {
            if case .broker(let error) = error { throw self.refusal(error) }
            throw RESTRefusal(Reply(error))
        }
    }

    /// Counts a request that writes, and turns away who may not before its body is read.
    func checkWriting(createsMissing: Bool) async throws {
        let (access, broker) = (self.call.services.access, self.call.services.broker)
        try access.rateLimiter.check(.publish, key: self.caller.id.rawValue, at: broker.clock.uptime())
        do throws(BrokerError) {
            let open = try await broker.topic(self.key, for: .publish, as: self.caller)
            if open.access.record == nil, !createsMissing { throw .missing }
        } catch {
            // A part of a session is missing before it is opened for the first time.
            guard createsMissing, error == .missing else { throw self.refusal(error) }
        }
    }

    /// The document, for somebody who may write to it. What it says about a body is for nobody else.
    func openToWrite(createsMissing: Bool) async throws -> DocumentUse {
        let use = try await self.open(createsMissing: createsMissing)
        _ = try await self.asking { () throws(BrokerError) in
            try await self.call.services.broker.topic(self.key, for: .publish, as: self.caller)
        }
        return use
    }

    /// - Returns: nil where the present is asked for.
    func past() async throws -> PastDocument? {
        guard let id = try self.cursor() else { return nil }
        return try await self.past(asOf: id)
    }

    func past(asOf id: MessageID) async throws -> PastDocument {
        do throws(DocumentService.PastRefusal) {
            return try await self.services.documents.content(of: self.name, asOf: id, as: self.caller)
        } catch {
            switch error {
            case .gone: throw RESTRefusal(Reply(.gone, detail: "So old a state is not kept any more"))
            case .noMemory: throw RESTRefusal(.overloaded)
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
    /// Base64 in either alphabet, with or without padding. In a query `+` stands for a space.
    fileprivate init?(base64URL text: String) {
        var text = text.replacing("-", with: "+").replacing("_", with: "/").replacing(" ", with: "+")
        while !text.utf8.count.isMultiple(of: 4), text.utf8.count % 4 != 1 { text += "=" }
        self.init(base64Encoded: text)
    }
}
