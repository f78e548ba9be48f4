import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// The named readers of a topic: where they stand, and how far they are behind.
enum ReaderRoutes {
    private static let list = "/api/v1/topics/{topic_name}/readers"
    private static let one = "/api/v1/topics/{topic_name}/readers/{reader}"

    static func add(to routes: inout RESTRoutes) {
        routes.on(.get, Self.list, asking: .caller(.read), isList: true, Self.page)
        routes.on(.get, Self.one, asking: .caller(.read), Self.show)
        routes.on(.put, Self.one, asking: .caller(.read), Self.put)
        routes.on(.post, Self.one + "/ack", asking: .caller(.read), Self.acknowledge)
        routes.on(.delete, Self.one, Self.delete)
    }

    /// A page's cursor is its last reader: the user's id, a colon and the name.
    @Sendable private static func page(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let path = try TopicPath(call, for: caller)
        let query = try PageQuery(call.query)
        let start = try query.cursor.map { (text) throws(RequestError) in try Self.place(text, path) }
        let reports = try await path.asking { (key) throws(BrokerError) in
            // One more tells whether others follow.
            try await call.services.readers.reports(of: key, after: start, limit: query.limit + 1, as: caller)
        }
        var page = ListPage(limit: query.limit)
        var last: NamedReader?
        var names = UserNames(call.services.access.users)
        for report in reports {
            guard page.room > 0 else { return page.reply(next: last.map { "\($0.user):\($0.name)" }) }
            try call.checkPresence()
            page.add(Self.tree(report, path, username: await names.name(of: report.stored.reader.user)))
            last = report.stored.reader
        }
        return page.reply(next: nil)
    }

    private static func place(_ cursor: String, _ path: TopicPath) throws(RequestError) -> NamedReader {
        let parts = cursor.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let name = ReaderName(String(parts[1])) else { throw PageQuery.badCursor }
        return NamedReader(topic: path.key, user: UserID(String(parts[0])), name: name)
    }

    @Sendable private static func show(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let (path, name) = (try TopicPath(call, for: caller), try Self.name(call))
        let report = try await path.asking { (key) throws(BrokerError) in
            try await call.services.readers.report(name, of: key, as: caller)
        }
        guard let report else { throw Self.missing(call) }
        return Reply(.ok, Self.tree(report, path, username: try await Self.ownName(call)))
    }

    @Sendable private static func put(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let (path, name) = (try TopicPath(call, for: caller), try Self.newName(call))
        let start = try await call.fields(["cursor"]) { $0.required("cursor", Self.start) }
        let (report, isNew) = try await path.asking { (key) throws(BrokerError) in
            try await call.services.readers.put(name, of: key, at: start, as: caller)
        }
        return Reply(isNew ? .created : .ok, Self.tree(report, path, username: try await Self.ownName(call)))
    }

    /// `last`, `earliest`, an id, or `epoch@id`.
    private static func start(_ text: String) -> ReaderStart? {
        switch text {
        case "last": return .tail
        case "earliest": return .cursor(.oldest)
        default:
            let cursor = Cursor(clientText: text)
            return cursor == .oldest ? nil : .cursor(cursor)
        }
    }

    @Sendable private static func acknowledge(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let (path, name) = (try TopicPath(call, for: caller), try Self.name(call))
        let cursor = try await call.fields(["message_id"]) { fields in
            fields.required("message_id") { text in
                let cursor = Cursor(clientText: text)
                return cursor == .oldest ? nil : cursor
            }
        }
        let report = try await path.asking { (key) throws(BrokerError) in
            try await call.services.readers.acknowledge(cursor, by: name, of: key, as: caller)
        }
        guard let report else { throw Self.missing(call) }
        return Reply(.ok, Self.tree(report, path, username: try await Self.ownName(call)))
    }

    /// `?user_id=`: another's reader, for who may manage the topic.
    @Sendable private static func delete(_ call: RESTCall) async throws -> Reply {
        let caller = try await call.caller()
        let (path, name) = (try TopicPath(call, for: caller), try Self.name(call))
        let user = call.query.first("user_id").map { UserID($0) }
        let existed = try await path.asking { (key) throws(BrokerError) in
            try await call.services.readers.delete(name, of: key, ofUser: user, as: caller)
        }
        guard existed else { throw Self.missing(call) }
        return .noContent
    }

    // MARK: Steps

    /// A name that no reader can have is told from an unknown one by nobody.
    private static func name(_ call: RESTCall) throws(RESTRefusal) -> ReaderName {
        guard let name = ReaderName(call.parameter("reader")) else { throw Self.missing(call) }
        return name
    }

    private static func newName(_ call: RESTCall) throws(RequestError) -> ReaderName {
        guard let name = ReaderName(call.parameter("reader")) else {
            throw .invalidReaderName(at: [.name("path"), .name("reader")])
        }
        return name
    }

    private static func missing(_ call: RESTCall) -> RESTRefusal {
        RESTRefusal(Reply(.notFound, detail: "Reader '\(call.parameter("reader"))' not found"))
    }

    private static func ownName(_ call: RESTCall) async throws(AccessError) -> String {
        try await call.session().account.username
    }

    /// - Parameter username: of the user whose it is; nil where it can't be found out.
    private static func tree(_ report: ReaderCursors.Report, _ path: TopicPath, username: String?) -> JSONTree {
        let (stored, lag) = (report.stored, report.lag)
        return .object([
            ("topic_name", .text(path.text)),
            ("reader", .text(stored.reader.name.rawValue)),
            ("user_id", .text(stored.reader.user.rawValue)),
            ("username", .text(username)),
            ("cursor", .text(stored.position.description)),
            ("message_id", .text(stored.position.id.description)),
            ("epoch", .text(StreamEpoch.told(stored.position.epoch))),
            ("lag", .number(Int64(lag.messages))),
            ("lag_is_exact", .flag(lag.isExact)),
            ("created_at", .moment(stored.createdAt)),
            ("used_at", .moment(stored.usedAt)),
        ])
    }
}
