/// One request of the relay's REST interface, as yet without address and token.
struct HTTPCall: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    enum Body: Sendable {
        case none
        case json(JSONDocument)
        case form([(String, String)])
        case binary([UInt8])
    }

    let method: Method
    /// Segments, not yet percent-encoded.
    let path: [String]
    var query: [(String, String)] = []
    var headers: [(String, String)] = []
    var body = Body.none
    /// From the start of the request to the end of the answer; nil for the client's default.
    var timeout: Duration?
    /// Whether doing it twice is the same as doing it once. Then the call may be sent again when it is not known whether it arrived.
    var isRepeatable = true
    /// Whether it is sent again when the answer took too long.
    var retriesTimeout = true
    /// Whether it runs to its end or timeout even if the calling task is cancelled.
    var isUninterruptible = false

    init(_ method: Method, _ path: [String]) {
        self.method = method
        self.path = path
    }

    /// Path and query, ready for a request line.
    var target: String {
        let path = "/" + self.path.map(FormText.encode).joined(separator: "/")
        return self.query.isEmpty ? path : path + "?" + FormText.encode(self.query)
    }
}
