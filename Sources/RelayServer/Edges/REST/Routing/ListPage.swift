import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Which page of a list is asked for: `?limit=100&cursor=`.
struct PageQuery {
    /// What is asked for at most, and by clients that don't ask for pages.
    static let maximumLimit = 1_000

    let limit: Int
    /// As `x-next-cursor` gave it; nil for the first page.
    let cursor: String?

    init(_ query: QueryItems) throws(RequestError) {
        guard let limit = query.first("limit").map({ Int($0) }) ?? Self.maximumLimit, limit >= 1 else {
            throw .invalid([
                ValidationIssue(
                    type: "int_parsing",
                    location: [.name("query"), .name("limit")],
                    message: "Input should be a valid integer greater than 0"
                )
            ])
        }
        self.limit = min(limit, Self.maximumLimit)
        self.cursor = query.first("cursor").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A cursor that no page of this list has given.
    static var badCursor: RequestError {
        .invalid([
            ValidationIssue(
                type: "value_error",
                location: [.name("query"), .name("cursor")],
                message: "Not a cursor of this list"
            )
        ])
    }
}

/// A page of a list while it is written. It ends after so many entries, or as soon as it is too large: then its reply tells, in
/// `x-next-cursor`, where the next one begins. So no list is larger in memory than a page, however many entries there are.
struct ListPage {
    /// What a page may take before its last entry, in bytes.
    static let maxBytes = 256 << 10

    private let limit: Int
    private var body = ByteBuffer(string: "[")
    private var count = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Room for this many entries, of usual size.
    var room: Int { self.body.readableBytes < Self.maxBytes ? self.limit - self.count : 0 }

    mutating func add(_ entry: JSONTree) {
        if self.count > 0 { self.body.writeStaticString(",") }
        entry.write(into: &self.body)
        self.count += 1
    }

    /// - Parameter cursor: of the last entry, where others follow it.
    consuming func reply(next cursor: String?) -> Reply {
        self.body.writeStaticString("]")
        var reply = Reply(.ok, json: self.body)
        if let cursor { reply.headers.add(name: "x-next-cursor", value: cursor) }
        return reply
    }
}

extension RESTCall {
    /// Whose things are listed: the caller's own, or, for administrators, another user's (`?user_id=`) or all (`?all=true`).
    ///
    /// - Returns: nil for all.
    func listedOwner() async throws -> UserID? {
        let caller = try await self.caller()
        let isForAll = self.query.first("all").map { $0 == "true" } ?? false
        let named = self.query.first("user_id").map { UserID($0) }
        guard isForAll || named.map({ $0 != caller.id }) ?? false else { return caller.id }
        guard caller.isAdmin else { throw AccessError(.permissionRequired(.admin)) }
        return isForAll ? nil : named
    }
}
