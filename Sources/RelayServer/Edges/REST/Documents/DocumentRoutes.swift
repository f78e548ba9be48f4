import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayEditing

/// Documents for servers: what they have, what they were, and updates to them. Bodies are updates and state vectors of Yjs, version 1, as they
/// are.
enum DocumentRoutes {
    private static let path = "/api/v1/documents/{document_name}"

    private static func audited(_ act: String) -> AuditedRoute {
        AuditedRoute("document.\(act)", target: "document_name")
    }

    static func add(to routes: inout RESTRoutes, _ services: DocumentRESTServices) {
        if services.showsExample { ExampleFiles.folder.add(to: &routes) }
        routes.on(.get, "/stats", asking: .open(maxBodyBytes: 1_024)) {
            try await Self.statistics($0, services.documents)
        }
        routes.on(.get, "/api/v1/documents", isList: true) { try await Self.list($0) }
        routes.on(.get, "\(Self.path)") { try await DocumentCall($0, services).show() }
        let takesUpdate = Admission.caller(.write, maxBodyBytes: services.maxUpdateBytes)
        routes.on(.put, "\(Self.path)", asking: takesUpdate) { try await DocumentCall($0, services).put() }
        routes.on(.delete, "\(Self.path)", audited: Self.audited("delete")) {
            try await DocumentCall($0, services).delete()
        }
        routes.on(.post, "\(Self.path)/updates", asking: takesUpdate) {
            try await DocumentCall($0, services).publish()
        }
        routes.on(
            .post,
            "\(Self.path)/restore",
            asking: .caller(.write),
            audited: Self.audited("restore"),
            isList: true
        ) {
            try await DocumentCall($0, services).restore()
        }
        // What may read a whole past is under way as seldom as lists are.
        routes.on(.get, "\(Self.path)/update", asking: .caller(.read), isList: true) {
            try await DocumentCall($0, services).update()
        }
        routes.on(.get, "\(Self.path)/state-vector", asking: .caller(.read), isList: true) {
            try await DocumentCall($0, services).stateVector()
        }
        routes.on(.get, "\(Self.path)/content", asking: .caller(.read), isList: true) {
            try await DocumentCall($0, services).content()
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
            let rooms = documents.connectionsByName.map { name, count in
                JSONTree.object([("name", .text(name.text)), ("clients", .number(Int64(count)))])
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
    /// The largest update that is taken, bytes: as long as a message of those who edit.
    let maxUpdateBytes: Int
}
