public import NIOCore

/// Why a client's frame was refused.
public struct FrameError: Error, Hashable, Sendable {
    /// Plain English, fit to be sent to the client.
    public let message: String
    /// The first field that is wrong, with dots between its steps (`topics.3`); nil where it is the frame as a whole.
    public let field: String?
    /// The `id` of a request that could be read as far as that: JSON, as sent.
    public let requestID: ByteBuffer?

    public init(message: String, field: String? = nil, requestID: ByteBuffer? = nil) {
        self.message = message
        self.field = field
        self.requestID = requestID
    }

    init(_ error: RequestError, requestID: ByteBuffer?) {
        switch error {
        case .malformedJSON(let offset, let message):
            self.init(message: "Invalid JSON at byte \(offset): \(message)", requestID: requestID)
        case .invalid(let issues):
            let steps = issues.first?.location.dropFirst().map { step in
                switch step {
                case .name(let name): name
                case .index(let index): String(index)
                }
            }
            self.init(
                message: issues.first?.message ?? "Invalid frame",
                field: steps.flatMap { $0.isEmpty ? nil : $0.joined(separator: ".") },
                requestID: requestID
            )
        }
    }
}
