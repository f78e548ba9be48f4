/// Anything that went wrong between this client and its relay. Never holds a password or a token.
public struct RelayError: Error, Sendable, CustomStringConvertible {
    /// What kind of error it is, and so what to do next.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String {
            case invalidEndpoint
            case invalidInput
            case authenticationRequired
            case refused
            case unavailable
            case invalidReply
            case subscriptionEnded
            case storage
            case untrusted
            case unusableCertificate
        }

        private let value: Value

        private init(_ value: Value) {
            self.value = value
        }

        /// The base URL can't be used: correct it.
        public static let invalidEndpoint = Code(.invalidEndpoint)
        /// The call's arguments are outside the contract; nothing was sent.
        public static let invalidInput = Code(.invalidInput)
        /// The relay takes neither the tokens nor the password at hand: log in again.
        public static let authenticationRequired = Code(.authenticationRequired)
        /// The relay answered with a 4xx: the same request will be refused again.
        public static let refused = Code(.refused)
        /// 5xx, no connection or no answer, for as often as the policy allows: worth trying again later.
        public static let unavailable = Code(.unavailable)
        /// The answer breaks the wire contract: probably not a relay.
        public static let invalidReply = Code(.invalidReply)
        /// The relay ended the subscription for good: see `closeCode` and `detail`.
        public static let subscriptionEnded = Code(.subscriptionEnded)
        /// Tokens could not be read or stored.
        public static let storage = Code(.storage)
        /// No authority that is trusted here has signed the relay's certificate: set whom to trust.
        public static let untrusted = Code(.untrusted)
        /// The relay's certificate has expired, is not good yet, or is another host's: the relay needs another, or the URL another host.
        public static let unusableCertificate = Code(.unusableCertificate)

        /// The name of the code.
        public var description: String { self.value.rawValue }
    }

    /// What kind of error it is.
    public let code: Code
    /// HTTP status of the answer, where there was one.
    public let status: Int?
    /// WebSocket close code, where there was one.
    public let closeCode: Int?
    /// What the relay said, or what was wrong, for people.
    public let detail: String
    /// The error of the layer below, where there was one.
    public let underlying: (any Error)?
    /// Whether the answer took too long, as against a broken connection.
    public let isTimeout: Bool
    /// Whether the relay refused a name with its password, and not a token.
    public let isWrongPassword: Bool
    /// How long the relay asks to wait before the next attempt, where it says so.
    public let retryAfter: Duration?

    /// An error of a kind; see the properties.
    ///
    /// - Parameters:
    ///   - code: what kind of error it is.
    ///   - status: the HTTP status of the answer, if there was one.
    ///   - closeCode: the WebSocket's close code, if there was one.
    ///   - detail: what went wrong, for people. Without passwords and tokens.
    ///   - underlying: the error of the layer below, if there was one.
    ///   - isTimeout: whether the answer took too long.
    ///   - isWrongPassword: whether it was a name with its password that the relay refused.
    ///   - retryAfter: how long the relay asks to wait, if it does.
    public init(
        _ code: Code,
        status: Int? = nil,
        closeCode: Int? = nil,
        detail: String,
        underlying: (any Error)? = nil,
        isTimeout: Bool = false,
        isWrongPassword: Bool = false,
        retryAfter: Duration? = nil
    ) {
        self.code = code
        self.status = status
        self.closeCode = closeCode
        self.detail = detail
        self.underlying = underlying
        self.isTimeout = isTimeout
        self.isWrongPassword = isWrongPassword
        self.retryAfter = retryAfter
    }

    /// One line for people: the code, what is known of the answer, and the detail.
    public var description: String {
        if let status { return "\(self.detail) (HTTP \(status))" }
        if let closeCode { return "\(self.detail) (WebSocket close \(closeCode))" }
        return self.detail
    }
}
