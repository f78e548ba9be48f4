import Logging
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// What the routes of sessions answer where they refuse: `error`, `message`, and the request's id.
enum SessionReply {
    static func of(_ call: RESTCall, _ answer: () async throws -> Reply) async -> Reply {
        do {
            return try await answer()
        } catch let failure as SessionFailure {
            return Self.refusal(failure.code, failure.text, call)
        } catch let error as AccessError {
            return Self.refusal(error, call)
        } catch let error as RequestError {
            let (code, text) = Self.reading(of: error)
            return Self.refusal(code, text, call)
        } catch {
            call.logger.error("a route of sessions failed", metadata: ["error": "\(error)"])
            return Self.refusal(.unavailable, "Try again later", call)
        }
    }

    private static func refusal(_ code: SessionErrorCode, _ text: String, _ call: RESTCall) -> Reply {
        var reply = Reply(
            HTTPResponseStatus(statusCode: code.status),
            .object([
                ("error", .text(code.rawValue)), ("message", .text(text)),
                ("request_id", .text(call.context.requestID)),
            ])
        )
        if code.status == 401 { reply.headers.add(name: "www-authenticate", value: "Bearer") }
        if let seconds = code.retryAfterSeconds { reply.headers.add(name: "retry-after", value: String(seconds)) }
        return reply
    }

    private static func refusal(_ error: AccessError, _ call: RESTCall) -> Reply {
        var reply = Self.refusal(error.sessionCode, error.detail, call)
        if let challenge = error.challenge { reply.headers.replaceOrAdd(name: "www-authenticate", value: challenge) }
        if let seconds = error.retryAfterSeconds {
            reply.headers.replaceOrAdd(name: "retry-after", value: String(seconds))
        }
        return reply
    }

    /// A body that can't be used.
    private static func reading(of error: RequestError) -> (SessionErrorCode, String) {
        switch error {
        case .malformedJSON: return (.invalidRequest, "The body is not JSON")
        case .invalid(let issues):
            guard let issue = issues.first else { return (.invalidRequest, "The body is not valid") }
            let code: SessionErrorCode = issue.type == "missing" ? .missingParameter : .invalidRequest
            return (code, "\(issue.fieldName): \(issue.message)")
        }
    }
}

extension SessionErrorCode {
    /// Where the answer has `Retry-After`: how long until somebody may have made room, or the store is back.
    fileprivate var retryAfterSeconds: Int64? {
        switch self {
        case .quotaExceeded, .rateLimited, .atCapacity: 60
        case .draining, .unavailable: 1
        default: nil
        }
    }
}

extension AccessError {
    fileprivate var sessionCode: SessionErrorCode {
        switch self.status {
        case 401: self.code == .notAuthenticated ? .unauthenticated : .invalidToken
        case 403: .forbidden
        case 429: .rateLimited
        case 503: .unavailable
        default: .invalidRequest
        }
    }
}

extension ValidationIssue {
    /// The innermost name on the way to the field.
    fileprivate var fieldName: String {
        let names = self.location.compactMap { if case .name(let name) = $0 { name } else { nil } }
        return names.last ?? "body"
    }
}
