import NIOCore
import RelayWire

/// The fields of a form (`application/x-www-form-urlencoded`). Anything else, JSON above all, has none of them.
struct FormBody {
    /// Larger forms are refused unread, in bytes: a password is all that such a form holds.
    static let maximumSize = 64 << 10

    private let items: QueryItems
    private(set) var issues: [ValidationIssue] = []

    /// Throws a 413 where the body is too large.
    init(_ body: ByteBuffer) throws(RESTRefusal) {
        guard body.readableBytes <= Self.maximumSize else { throw RESTRefusal(.payloadTooLarge) }
        self.items = QueryItems(Substring(String(buffer: body)))
    }

    /// The field's text; an empty one counts as absent, and adds an issue.
    mutating func required(_ name: String) -> String? {
        if let text = self.optional(name) { return text }
        self.add("missing", name, "Field required")
        return nil
    }

    func optional(_ name: String) -> String? {
        guard let text = self.items.first(name), !text.isEmpty else { return nil }
        return text
    }

    mutating func add(_ type: String, _ name: String, _ message: String) {
        self.issues.append(ValidationIssue(type: type, location: [.name("body"), .name(name)], message: message))
    }
}
