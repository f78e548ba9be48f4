import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// A client of one node that tries nothing twice, and tells what it got. Keeps the token of its last log-in.
final class Visitor: Sendable {
    static let username = "admin"
    static let password = "fault-password"

    let url: String
    private let token = Mutex("")

    init(url: String) {
        self.url = url
    }

    /// - Throws: where there is no answer within 20 s.
    func ask(_ method: HTTPMethod, _ path: String, _ body: String? = nil, headers: [(String, String)] = []) async throws
        -> Answer
    {
        var request = HTTPClientRequest(url: self.url + path)
        request.method = method
        let token = self.token.withLock { $0 }
        if !token.isEmpty { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let start = ContinuousClock.now
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 4 << 20)
        return Answer(
            status: Int(response.status.code),
            retryAfter: response.headers.first(name: "retry-after"),
            body: String(buffer: bytes),
            elapsed: ContinuousClock.now - start
        )
    }

    @discardableResult
    func logIn() async throws -> Answer {
        let answer = try await self.ask(
            .POST,
            "/auth/login",
            "username=\(Self.username)&password=\(Self.password)",
            headers: [("content-type", "application/x-www-form-urlencoded")]
        )

        if let token = answer.member("access_token") { self.token.withLock { $0 = token } }
        return answer
    }

    func ready() async throws -> Answer {
        try await self.ask(.GET, "/ready")
    }

    /// - Parameter key: an idempotency key.
    func publish(_ topic: String, _ payload: String, key: String? = nil) async throws -> Answer {
        try await self.ask(
            .POST,
            "/api/v1/messages",
            #"{"topic":"\#(topic)","payload":\#(payload)}"#,
            headers: key.map { [("idempotency-key", $0)] } ?? []
        )
    }

    /// All that is stored of a topic, up to a hundred messages.
    func history(_ topic: String) async throws -> Answer {
        try await self.ask(.GET, "/api/v1/topics/\(topic)/messages?limit=100&order=asc")
    }

    /// The sum of a counter's series; 0 where there are none.
    func counter(_ name: String) async throws -> Double {
        try await self.ask(.GET, "/metrics").body.split(separator: "\n")
            .filter { $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
            .reduce(0, +)
    }
}
