import NIOHTTP1
import RelayCore
import RelayWire

/// What a page of history is asked for with: `?limit=10&order=desc&cursor=`.
struct HistoryQuery: Hashable {
    static let defaultLimit = 10
    /// More is cut to this, silently.
    static let maximumLimit = 100

    let limit: Int
    let order: Broker.Order
    /// As sent; nil for none.
    let cursor: String?
    /// As which of the reader's peers it reads, in topics that have peers.
    let clientID: String?

    init(_ query: QueryItems) throws {
        let limit = try Self.limit(query.first("limit"))
        self.order = try Self.order(query.first("order"))
        guard limit >= 1 else { throw RESTRefusal(Reply(.badRequest, detail: "Limit must be at least 1")) }
        self.limit = Int(min(limit, Double(Self.maximumLimit)))
        self.cursor = query.first("cursor").flatMap { $0.isEmpty ? nil : $0 }
        self.clientID = query.first("client_id")
    }

    var orderName: String {
        switch self.order {
        case .ascending: "asc"
        case .descending: "desc"
        }
    }

    private static func order(_ text: String?) throws(RESTRefusal) -> Broker.Order {
        switch text {
        case nil, "desc": return .descending
        case "asc": return .ascending
        default: throw RESTRefusal(Reply(.badRequest, detail: "Order must be 'asc' or 'desc'"))
        }
    }

    /// A whole number of any size, `30` and `30.0` alike.
    private static func limit(_ text: String?) throws(RequestError) -> Double {
        guard let text else { return Double(Self.defaultLimit) }
        let isDecimal = text.utf8.allSatisfy { "0123456789.+-".utf8.contains($0) }
        guard isDecimal, let number = Double(text), number.rounded(.towardZero) == number else {
            throw .invalid([
                ValidationIssue(
                    type: "int_parsing",
                    location: [.name("query"), .name("limit")],
                    message: "Input should be a valid integer, unable to parse string as an integer"
                )
            ])
        }
        return number
    }
}
