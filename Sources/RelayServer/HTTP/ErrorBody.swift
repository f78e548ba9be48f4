import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// The bodies of HTTP errors, as the wire contract has them.
enum ErrorBody {
    static func detail(_ detail: String) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeStaticString(#"{"detail":"#)
        body.writeJSONString(detail)
        body.writeStaticString("}")
        return body
    }

    static let payloadTooLarge = ByteBuffer(
        string: #"{"error":"PAYLOAD_TOO_LARGE","message":"request body exceeds configured limit"}"#
    )

    static let internalError = ByteBuffer(
        string: #"{"error":"INTERNAL_ERROR","message":"An internal error occurred"}"#
    )

    /// What clients get for an ``AccessError``: `detail`; for a rate limit `error` with the same text as well.
    static func access(_ error: AccessError) -> ByteBuffer {
        if !error.issues.isEmpty { return Self.fields(error.issues) }
        guard case .rateLimited = error.code else { return Self.detail(error.detail) }
        var body = ByteBuffer()
        body.writeStaticString(#"{"error":"#)
        body.writeJSONString(error.detail)
        body.writeStaticString(#","detail":"#)
        body.writeJSONString(error.detail)
        body.writeStaticString("}")
        return body
    }

    private static func fields(_ issues: [FieldIssue]) -> ByteBuffer {
        let issues = issues.map {
            ValidationIssue(type: $0.type, location: [.name("body"), .name($0.field)], message: $0.message)
        }
        return ByteBuffer(RequestError.invalid(issues))
    }
}

extension ByteBuffer {
    init(_ error: RequestError) {
        self.init()
        self.reserveCapacity(error.size)
        error.write(into: &self)
    }
}

extension Reply {
    /// A body that can't be used: 422, never 5xx, since clients repeat those without end.
    init(_ error: RequestError) {
        self.init(.unprocessableEntity, json: ByteBuffer(error))
    }
}

extension RequestError {
    /// A name that no kind of topic has.
    static func invalidTopicName(at location: [ValidationIssue.Step]) -> RequestError {
        .invalid([ValidationIssue(type: "value_error", location: location, message: "Invalid topic name")])
    }
}
