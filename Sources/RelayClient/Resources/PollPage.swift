/// What one long poll brought.
public struct PollPage: Sendable, Hashable {
    /// In order per topic. Empty where nothing came in time.
    public let messages: [RelayMessage]
    /// Whether more is stored: the next poll will answer at once.
    public let hasMore: Bool
    /// Topics that lost messages before the first one here.
    public let gaps: [MessageGap]
    /// By topic, the epoch of its messages' ids, where the relay says so: `epoch@id` is the better cursor.
    public let epochs: [String: String]

    static let empty = PollPage(messages: [], hasMore: false, gaps: [], epochs: [:])

    init(messages: [RelayMessage], hasMore: Bool, gaps: [MessageGap], epochs: [String: String]) {
        self.messages = messages
        self.hasMore = hasMore
        self.gaps = gaps
        self.epochs = epochs
    }

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.init(
            messages: try RelayMessage.list(json),
            hasMore: json["has_more"] == .bool(true),
            gaps: try Self.gaps(json),
            epochs: try json.texts("epochs")
        )
    }

    private static func gaps(_ json: JSONDocument) throws(JSONDocumentError) -> [MessageGap] {
        guard case .object(let object)? = json["gaps"] else { return [] }
        var gaps: [MessageGap] = []
        for member in object.members { gaps.append(try MessageGap(topic: member.key, json: member.value)) }
        return gaps
    }
}
