/// A page of what a topic keeps.
public struct HistoryPage: Sendable, Hashable {
    /// In the order that was asked for.
    public let messages: [RelayMessage]
    /// Give it as `cursor` for the next page. Nil only where the page is empty.
    public let nextCursor: String?

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.messages = try RelayMessage.list(json)
        self.nextCursor = try json.optionalString("next_cursor")
    }
}

/// Which end of a topic a history starts at.
public enum HistoryOrder: String, Sendable {
    case oldestFirst = "asc"
    case newestFirst = "desc"
}
