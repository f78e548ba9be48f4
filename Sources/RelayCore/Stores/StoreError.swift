/// Why a store could not do what it was asked. Never the fault of the request: clients get 503 and may try again.
public struct StoreError: Error, Hashable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// The store can't be reached or is shutting down. Nothing was changed.
        case unavailable
        /// The store broke off: what was asked may or may not have happened.
        case outcomeUnknown
        /// The medium is full, or the store's own memory bound is reached. Nothing was changed.
        case full
        /// The stream is no longer the one that was meant: its epoch has changed. Nothing was changed; load the topic again.
        case superseded
        /// What was asked for would not survive what it has to: the store can't promise that at the moment. Nothing was changed.
        case undurable
        /// Stored data could not be read back.
        case corrupt
    }

    public let code: Code
    /// For logs, never for clients.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(self.code): \(self.message)" }
}
