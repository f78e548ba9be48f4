public import RelayClient

/// Cuts lines of JSON into bulks. Blank lines are passed over.
public struct BulkInput: Sendable {
    private let template: OutgoingMessage
    private let idempotencyKey: String?
    private var lineNumber = 0
    private var bulkNumber = 0

    /// One request: its messages, and the key to repeat it under.
    public struct Bulk: Sendable, Hashable {
        public let messages: [OutgoingMessage]
        public let idempotencyKey: String?
    }

    /// - Parameters:
    ///   - template: gives topic, ttl and metadata of every message; its payload isn't used.
    ///   - idempotencyKey: each bulk gets its own: this one, `-` and its number, from 0. The same input under the same key is
    ///     therefore stored once, however often it is sent.
    public init(template: OutgoingMessage, idempotencyKey: String?) {
        self.template = template
        self.idempotencyKey = idempotencyKey
    }

    /// - Parameter line: gives the next line, and nil at the end.
    /// - Returns: the next bulk, of at most 100 messages; nil at the end.
    /// - Throws: ``UsageError`` with the number of a line that is no JSON object.
    public mutating func next(_ line: () -> String?) throws(UsageError) -> Bulk? {
        var messages: [OutgoingMessage] = []
        while messages.count < RelayClient.maxBulkCount, let text = line() {
            self.lineNumber += 1
            guard !text.allSatisfy(\.isWhitespace) else { continue }
            messages.append(try self.message(text))
        }
        guard !messages.isEmpty else { return nil }
        defer { self.bulkNumber += 1 }
        return Bulk(messages: messages, idempotencyKey: self.idempotencyKey.map { "\($0)-\(self.bulkNumber)" })
    }

    private func message(_ text: String) throws(UsageError) -> OutgoingMessage {
        var message = self.template
        do throws(UsageError) {
            message.payload = try PayloadSource.parse(text.utf8)
        } catch {
            throw UsageError("line \(self.lineNumber): \(error)")
        }
        return message
    }
}
