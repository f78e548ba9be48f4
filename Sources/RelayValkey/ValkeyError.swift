import Glibc
import NIOCore
import NIOPosix

/// Why a command has no reply, or a connection is down. `mayHaveRun` says whether trying again may do the thing twice.
public struct ValkeyError: Error, Sendable {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// There is no connection; the command was not sent. Try again later.
        public static let unavailable = Self("unavailable")
        /// The connection broke before the reply came.
        public static let disconnected = Self("disconnected")
        /// The reply did not come by the deadline. The connection was closed for it.
        public static let timedOut = Self("timedOut")
        /// The server answered with an error: see `server`.
        public static let server = Self("server")
        /// The server would not have this client: a wrong password, a database that isn't there. Trying goes on.
        public static let refused = Self("refused")
        /// The server sent what is no reply, or too large a one.
        public static let protocolViolation = Self("protocolViolation")
        /// Too much is outstanding on the connection; the command was not sent. Try again later.
        public static let overloaded = Self("overloaded")
        /// The command has no argument, or more than fits into one; it was not sent, and never will be.
        public static let tooLarge = Self("tooLarge")
        /// The client was closed.
        public static let closed = Self("closed")

        public let description: String

        private init(_ description: String) {
            self.description = description
        }
    }

    public let code: Code
    public let message: String
    /// Whether the server may have run the command. False means: certainly not, or it answered with an error instead.
    public let mayHaveRun: Bool
    /// The server's answer where the code is `server`.
    public let server: ValkeyServerError?
    /// The error below, of TCP or TLS.
    public let cause: (any Error)?

    public init(
        code: Code,
        message: String,
        mayHaveRun: Bool = false,
        server: ValkeyServerError? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.mayHaveRun = mayHaveRun
        self.server = server
        self.cause = cause
    }
}

extension ValkeyError: CustomStringConvertible {
    public var description: String {
        let cause = self.cause.map { " (\(Self.text(of: $0)))" } ?? ""
        return "\(self.code): \(self.message)\(cause)"
    }

    /// NIO's own text of a connection that can't be made nests four errors around the system's few words.
    private static func text(of cause: any Error) -> String {
        switch cause {
        case let failure as NIOConnectionError:
            let errors =
                failure.connectionErrors.map(\.error) + [failure.dnsAError, failure.dnsAAAAError].compactMap(\.self)
            var texts: [String] = []
            for text in errors.map({ self.text(of: $0) }) where !texts.contains(text) { texts.append(text) }
            return texts.joined(separator: ", ")
        case let error as IOError: return unsafe String(cString: strerror(error.errnoCode))
        default: return "\(cause)"
        }
    }
}

extension ValkeyError {
    static let closed = ValkeyError(code: .closed, message: "the client is closed")

    static let tooLarge = ValkeyError(code: .tooLarge, message: "a command without arguments, or with too much in them")

    static let overloaded = ValkeyError(code: .overloaded, message: "too much is outstanding on the connection")

    static func unavailable(_ cause: (any Error)?) -> ValkeyError {
        ValkeyError(code: .unavailable, message: "not connected", cause: cause)
    }

    static func disconnected(mayHaveRun: Bool, cause: (any Error)? = nil) -> ValkeyError {
        ValkeyError(code: .disconnected, message: "the connection broke", mayHaveRun: mayHaveRun, cause: cause)
    }

    static func timedOut(mayHaveRun: Bool) -> ValkeyError {
        ValkeyError(code: .timedOut, message: "no reply by the deadline", mayHaveRun: mayHaveRun)
    }

    static func protocolViolation(_ message: String) -> ValkeyError {
        ValkeyError(code: .protocolViolation, message: message, mayHaveRun: true)
    }

    static func server(_ error: ValkeyServerError) -> ValkeyError {
        ValkeyError(code: .server, message: error.description, server: error)
    }

    static func refused(_ error: ValkeyServerError) -> ValkeyError {
        ValkeyError(code: .refused, message: error.description, server: error)
    }
}
