import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

extension Reply {
    init(_ error: AccessError) {
        self.init(HTTPResponseStatus(statusCode: error.status), json: ErrorBody.access(error))
        if let challenge = error.challenge { self.headers.add(name: "www-authenticate", value: challenge) }
        if let seconds = error.retryAfterSeconds { self.headers.add(name: "retry-after", value: String(seconds)) }
        if error.status == 503 { self.headers.add(name: "retry-after", value: "1") }
    }

    /// What the broker refused, in HTTP.
    init(_ error: BrokerError) {
        let text = error.clientText
        switch error {
        case .denied, .quota: self.init(.forbidden, detail: text)
        case .tooManyWaiting:
            self.init(.tooManyRequests, detail: text)
            self.headers.add(name: "retry-after", value: "1")
        // Only somebody who deletes topics or changes a setting can help.
        case .full: self = .unavailable(text, retryAfterSeconds: 60)
        case .missing: self.init(.notFound, detail: text)
        case .exists: self.init(.badRequest, detail: text)
        case .refused: self.init(.unprocessableEntity, detail: text)
        case .moved, .overloaded, .store: self = .unavailable(text)
        }
    }
}

extension ErrorBody {
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

    /// A name that no named reader can have.
    static func invalidReaderName(at location: [ValidationIssue.Step]) -> RequestError {
        .invalid([ValidationIssue(type: "value_error", location: location, message: "Invalid reader name")])
    }
}
