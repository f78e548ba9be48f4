import RelayCore

/// What an administrator asks a relay of its connections, as one relay puts it to another: a word, and what follows it, as a query.
enum ConnectionQuestion: Sendable {
    /// - Parameter node: of whose start the connections are meant.
    case list(node: String, ConnectionRegister.Filter, after: ConnectionPlace?, limit: Int)
    case end(node: String, ConnectionPlace)

    private static let listing = "connections?"
    private static let ending = "end?"

    var text: String {
        switch self {
        case .list(let node, let filter, let place, let limit):
            let items: [(String, String?)] = [
                ("node", node), ("kind", filter.kind?.rawValue), ("user_id", filter.user?.rawValue),
                ("address", filter.address), ("after", place?.description), ("limit", "\(limit)"),
            ]
            return Self.listing + Self.query(items)
        case .end(let node, let place):
            return Self.ending + Self.query([("node", node), ("id", place.description)])
        }
    }

    /// - Returns: nil for what no relay asks.
    init?(_ text: String) {
        if text.hasPrefix(Self.listing) {
            let items = QueryItems(Substring(text.dropFirst(Self.listing.count)))
            guard let node = items.first("node"), let filter = ConnectionRegister.Filter(items),
                let limit = items.first("limit").flatMap({ Int($0) }), (1...PageQuery.maximumLimit).contains(limit)
            else { return nil }
            let place = items.first("after")
            guard place == nil || place.flatMap({ ConnectionPlace($0) }) != nil else { return nil }
            self = .list(node: node, filter, after: place.flatMap { ConnectionPlace($0) }, limit: limit)
        } else if text.hasPrefix(Self.ending) {
            let items = QueryItems(Substring(text.dropFirst(Self.ending.count)))
            guard let node = items.first("node"), let place = items.first("id").flatMap({ ConnectionPlace($0) }) else {
                return nil
            }
            self = .end(node: node, place)
        } else {
            return nil
        }
    }

    private static func query(_ items: [(String, String?)]) -> String {
        FormText.encoded(items.compactMap { name, value in value.map { (name, $0) } })
    }
}

/// The answer, as one relay gives it to another: a word, and behind it a line for each connection.
enum ConnectionAnswer: Sendable {
    /// Connections as JSON objects. `next` is the last of them where others follow.
    case page([String], next: ConnectionPlace?)
    case done
    /// There is no such connection.
    case none
    /// Another relay is meant, which was here before this one.
    case gone

    var text: String {
        switch self {
        case .page(let entries, let next): (["page \(next?.description ?? "-")"] + entries).joined(separator: "\n")
        case .done: "done"
        case .none: "none"
        case .gone: "gone"
        }
    }

    /// - Returns: nil for what is no answer.
    init?(_ text: String) {
        let lines = text.split(separator: "\n")
        switch lines.first {
        case "done": self = .done
        case "none": self = .none
        case "gone": self = .gone
        case let head? where head.hasPrefix("page "):
            let next = String(head.dropFirst("page ".count))
            guard next == "-" || ConnectionPlace(next) != nil else { return nil }
            self = .page(lines.dropFirst().map(String.init), next: ConnectionPlace(next))
        default: return nil
        }
    }
}

extension ConnectionPlace: CustomStringConvertible {
    var description: String { "\(self.loop).\(self.number)" }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let loop = Int(parts[0]), loop >= 0, let number = UInt64(parts[1]) else { return nil }
        self.init(loop: loop, number: number)
    }
}

extension ConnectionRegister.Filter {
    /// Of `kind`, `user_id` and `address`; what is empty counts as not asked for.
    ///
    /// - Returns: nil where there is no such kind.
    init?(_ items: QueryItems) {
        func text(_ name: String) -> String? { items.first(name).flatMap { $0.isEmpty ? nil : $0 } }
        let kind = text("kind")
        guard kind == nil || kind.flatMap(ConnectionFacts.Kind.init(rawValue:)) != nil else { return nil }
        self.init(
            kind: kind.flatMap(ConnectionFacts.Kind.init(rawValue:)),
            user: text("user_id").map { UserID($0) },
            address: text("address")
        )
    }
}
