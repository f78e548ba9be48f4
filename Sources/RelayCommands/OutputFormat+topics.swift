public import RelayClient

extension OutputFormat {
    /// A topic, with what is kept of it and who follows it.
    ///
    /// - Parameter figures: nil where the caller may not know.
    public func line(_ topic: TopicDetails, _ figures: TopicFigures?) -> String {
        guard let figures else { return self.line(topic) }
        return switch self {
        case .json: JSONDocument.object(Self.members(of: topic) + Self.members(of: figures)).text
        case .human:
            ([topic.name, topic.isPublic ? "public" : "private"] + Self.words(of: figures)
                + ["owner \(topic.ownerID)", ShownText.of(topic.description ?? "")])
                .filter { !$0.isEmpty }.joined(separator: "  ")
        }
    }

    static func members(of topic: TopicDetails) -> [(String, JSONDocument)] {
        [
            ("topic_name", .string(topic.name)),
            ("owner_id", .string(topic.ownerID)),
            ("is_public", .bool(topic.isPublic)),
            ("created_at", .string(topic.createdAt)),
            ("description", topic.description.map(JSONDocument.string) ?? .null),
            ("durability", topic.durability.map(JSONDocument.string) ?? .null),
            ("anonymous", topic.anonymous.map(JSONDocument.string) ?? .null),
        ]
    }

    private static func members(of figures: TopicFigures) -> [(String, JSONDocument)] {
        [
            ("messages", .number(JSONNumber(figures.messages))),
            ("last_id", figures.lastID.map(JSONDocument.string) ?? .null),
            ("max_messages", .number(JSONNumber(figures.maxMessages))),
            ("retention_seconds", figures.retentionSeconds.map { .number(JSONNumber($0)) } ?? .null),
            ("in_memory", .bool(figures.isInMemory)),
            ("readers", .number(JSONNumber(figures.readers))),
        ]
    }

    private static func words(of figures: TopicFigures) -> [String] {
        let span = figures.retentionSeconds.map { " for \($0) s" } ?? ""
        return [
            "messages \(figures.messages)", figures.lastID.map { "newest \($0)" } ?? "",
            "keeps \(figures.maxMessages)\(span)", "readers \(figures.readers)",
        ]
    }
}
