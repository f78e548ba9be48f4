/// An answer, read to its end.
struct HTTPReply: Sendable, Hashable {
    let status: Int
    /// What `Retry-After` says, where it says seconds.
    let retryAfter: Duration?
    let body: [UInt8]
    /// Of a list: where its next page begins; nil where the list is complete.
    var nextCursor: String?

    /// - Throws: ``RelayError`` with code `invalidReply` where the body isn't what the contract says.
    func decoded<Value>(_ read: (JSONDocument) throws(JSONDocumentError) -> Value) throws(RelayError) -> Value {
        do throws(JSONDocumentError) {
            return try read(try JSONDocument(parsing: self.body))
        } catch {
            throw RelayError(
                .invalidReply,
                status: self.status,
                detail: "the answer is not what a relay sends: \(error)",
                underlying: error
            )
        }
    }

    /// As ``decoded(_:)``, for a body that is a list.
    func decodedList<Value>(_ read: (JSONDocument) throws(JSONDocumentError) -> Value) throws(RelayError) -> [Value] {
        try self.decoded { json throws(JSONDocumentError) in
            guard case .array(let elements) = json else { throw JSONDocumentError(reason: "no list") }
            var values: [Value] = []
            for element in elements { values.append(try read(element)) }
            return values
        }
    }

    /// What the relay says is wrong, in one line of at most 1,000 characters.
    var detail: String {
        let json = try? JSONDocument(parsing: self.body)
        let text =
            json?["detail"].flatMap(Self.text) ?? json?["message"].flatMap(Self.text)
            ?? json?["error"].flatMap(Self.text)
        return String((text ?? "the relay answered \(self.status)").prefix(1000))
    }

    /// A text, or the `msg` of each entry of a validation error.
    private static func text(_ value: JSONDocument) -> String? {
        switch value {
        case .string(let text): return text
        case .array(let entries): return entries.compactMap(Self.entryText).joined(separator: "; ")
        case .null, .bool, .number, .object: return nil
        }
    }

    private static func entryText(_ entry: JSONDocument) -> String? {
        guard case .string(let message)? = entry["msg"] else { return nil }
        guard case .array(let location)? = entry["loc"], !location.isEmpty else { return message }
        let place = location.map { part in
            if case .string(let text) = part { text } else { part.text }
        }
        return "\(place.joined(separator: ".")): \(message)"
    }
}
