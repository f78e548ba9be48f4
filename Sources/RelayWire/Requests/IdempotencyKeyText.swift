/// What an idempotency key may be, wherever it is sent: 1 to 255 bytes of UTF-8 without control characters.
public enum IdempotencyKeyText {
    /// In bytes of UTF-8.
    public static let maximumSize = 255

    /// The key that a request's header fields name.
    ///
    /// - Parameter fields: the values of all fields `Idempotency-Key`. Bytes that are no UTF-8 have been replaced by U+FFFD, so that
    ///   different keys would look the same: they are refused.
    /// - Returns: nil where there is none, or an empty one.
    public static func key(inHeader fields: [String]) throws(RequestError) -> String? {
        guard let key = fields.first else { return nil }
        guard fields.count == 1 else { throw self.error(.duplicate) }
        guard !key.isEmpty else { return nil }
        if let problem = self.problem(with: key) { throw self.error(problem) }
        guard !key.unicodeScalars.contains("\u{FFFD}") else { throw self.error(.unicode) }
        return key
    }

    static func problem(with key: String) -> FieldProblem? {
        if key.utf8.isEmpty { return .shortText(1) }
        if key.utf8.count > self.maximumSize { return .longBytes(self.maximumSize) }
        return key.utf8.contains(where: RequestReader.isControl) ? .controlInKey : nil
    }

    private static func error(_ problem: FieldProblem) -> RequestError {
        .invalid([
            ValidationIssue(
                type: problem.type,
                location: [.name("header"), .name("idempotency-key")],
                message: problem.message
            )
        ])
    }
}

extension RequestReader {
    mutating func idempotencyKey(_ bytes: Span<UInt8>, _ value: JSONValue, at place: FieldPlace) -> String? {
        guard let key = self.text(bytes, value, at: place) else { return nil }
        guard let problem = IdempotencyKeyText.problem(with: key) else { return key }
        self.add(bytes, problem, at: place, input: value.range)
        return nil
    }
}
