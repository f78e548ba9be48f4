public import RelayClient

/// How results are shown: a line of JSON each for programs, or a line of text each for people.
public enum OutputFormat: Sendable {
    case json
    case human

    public func line(_ message: RelayMessage) -> String {
        switch self {
        case .json: Self.json(message).text
        case .human: "\(message.timestamp) \(message.topic) \(message.messageID) \(message.payload.text)"
        }
    }

    public func line(_ gap: MessageGap) -> String {
        switch self {
        case .json: Self.json(gap).text
        case .human:
            "messages of '\(gap.topic)' after \(gap.after) are lost; going on at \(gap.resumedFrom ?? "the next")"
        }
    }

    public func line(_ receipt: PublishReceipt) -> String {
        switch self {
        case .json:
            JSONDocument.object([
                ("message_id", receipt.messageID.map(JSONDocument.string) ?? .null),
                ("topic", .string(receipt.topic)),
                ("timestamp", .string(receipt.timestamp)),
            ]).text
        case .human:
            receipt.messageID ?? "accepted"
        }
    }

    public func line(_ topic: TopicDetails) -> String {
        switch self {
        case .json: JSONDocument.object(Self.members(of: topic)).text
        case .human:
            [topic.name, topic.isPublic ? "public" : "private", ShownText.of(topic.description ?? "")]
                .filter { !$0.isEmpty }.joined(separator: "  ")
        }
    }

    public func line(_ grant: TopicGrant) -> String {
        switch self {
        case .json:
            JSONDocument.object([
                ("topic_name", .string(grant.topic)),
                ("user_id", .string(grant.userID)),
                ("username", .string(grant.username)),
                ("granted_at", .string(grant.grantedAt)),
            ]).text
        case .human:
            "\(ShownText.of(grant.username)) reads and writes \(grant.topic)"
        }
    }

    public func line(_ reader: ReaderDetails) -> String {
        switch self {
        case .json:
            JSONDocument.object([
                ("topic_name", .string(reader.topic)),
                ("reader", .string(reader.name)),
                ("user_id", .string(reader.userID)),
                ("username", reader.username.map(JSONDocument.string) ?? .null),
                ("cursor", .string(reader.cursor)),
                ("lag", .number(JSONNumber(reader.lag))),
                ("lag_is_exact", .bool(reader.isLagExact)),
                ("created_at", .string(reader.createdAt)),
                ("used_at", .string(reader.usedAt)),
            ]).text
        case .human:
            [
                reader.name, "\(reader.isLagExact ? "" : "about ")\(reader.lag) behind", "at \(reader.cursor)",
                "of \(ShownText.of(reader.username ?? reader.userID))",
            ]
            .joined(separator: "  ")
        }
    }

    public func line(_ report: RoomReport) -> String {
        let (status, detail, bytes) = report.outcome.told
        return switch self {
        case .json:
            JSONDocument.object([
                ("room", .string(report.room)),
                ("status", .string(status)),
                ("bytes", bytes.map { .number(JSONNumber($0)) } ?? .null),
                ("error", report.isFailure ? .string(detail) : .null),
            ]).text
        case .human: "\(report.room): \(detail)"
        }
    }

    /// One line for each message of a bulk.
    public func lines(_ receipt: BulkReceipt) -> [String] {
        receipt.entries.map { entry in
            switch self {
            case .json: Self.json(entry).text
            case .human:
                entry.isAccepted ? entry.messageID ?? "accepted" : "rejected: \(entry.error ?? "no reason given")"
            }
        }
    }

    private static func json(_ message: RelayMessage) -> JSONDocument {
        var pairs: [(String, JSONDocument)] = [
            ("type", "message"),
            ("topic", .string(message.topic)),
            ("message_id", .string(message.messageID)),
        ]
        pairs += message.content.members
        if message.isSnapshot { pairs.append(("snapshot", true)) }
        pairs += [
            ("timestamp", .string(message.timestamp)),
            ("metadata", .object(JSONObject(message.metadata))),
        ]
        if let sender = message.sender { pairs.append(("sender", .string(sender))) }
        return .object(pairs)
    }

    private static func json(_ gap: MessageGap) -> JSONDocument {
        .object([
            ("type", "gap"),
            ("topic", .string(gap.topic)),
            ("after", .string(gap.after)),
            ("resumed_from", gap.resumedFrom.map(JSONDocument.string) ?? .null),
        ])
    }

    private static func json(_ entry: BulkReceipt.Entry) -> JSONDocument {
        .object([
            ("message_id", entry.messageID.map(JSONDocument.string) ?? .null),
            ("topic", .string(entry.topic)),
            ("status", .string(entry.isAccepted ? "accepted" : "rejected")),
            ("error", entry.error.map(JSONDocument.string) ?? .null),
        ])
    }
}

extension RoomReport.Outcome {
    fileprivate var told: (status: String, detail: String, bytes: Int?) {
        switch self {
        case .imported(let bytes): ("imported", "\(bytes) bytes", bytes)
        case .unchanged: ("unchanged", "the relay has it all", 0)
        case .empty: ("empty", "nothing there", 0)
        case .failed(let reason): ("failed", reason, nil)
        }
    }
}

extension JSONDocument {
    /// An object with its members in this order.
    static func object(_ pairs: [(String, JSONDocument)]) -> JSONDocument {
        .object(JSONObject(pairs))
    }
}
