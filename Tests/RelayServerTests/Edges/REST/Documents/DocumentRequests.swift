import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// Requests about documents, as a server makes them.
struct DocumentRequests {
    let relay: TestRelay
    let token: String

    init(_ relay: TestRelay, _ token: String) {
        self.relay = relay
        self.token = token
    }

    /// The path of a document.
    ///
    /// - Parameter name: as in a path, percent-encoded.
    static func path(_ name: String, _ rest: String = "") -> String { "/api/v1/documents/\(name)\(rest)" }

    func get(_ name: String, _ rest: String = "") async throws -> TestReply {
        try await self.relay.send(.GET, Self.path(name, rest), token: self.token)
    }

    func send(_ method: HTTPMethod, _ name: String, _ rest: String = "", _ body: [UInt8]) async throws -> TestReply {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(self.relay.port)\(Self.path(name, rest))")
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(self.token)")
        request.headers.add(name: "content-type", value: "application/octet-stream")
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await self.relay.http.execute(request, timeout: .seconds(20))
        return TestReply(
            status: Int(response.status.code),
            headers: response.headers,
            body: try await response.body.collect(upTo: 32 << 20)
        )
    }

    /// Merges an update that is new into a document that there may not be yet.
    ///
    /// - Returns: the cursor right after it.
    @discardableResult
    func write(_ name: String, _ update: [UInt8]) async throws -> String {
        let reply = try await self.send(.PUT, name, "", update)
        try #require(reply.status == 201, "\(reply)")
        return try #require(reply.object["cursor"] as? String)
    }

    func restore(_ name: String, _ cursor: String) async throws -> TestReply {
        let path = Self.path(name, "/restore")
        return try await self.relay.send(.POST, path, token: self.token, json: ["cursor": cursor])
    }

    /// What the text `t` says.
    func text(_ name: String, at cursor: String? = nil) async throws -> String {
        let reply = try await self.get(name, "/content?root=t&as=text" + (cursor.map { "&cursor=\($0)" } ?? ""))
        try #require(reply.status == 200, "\(reply)")
        return reply.text
    }
}

extension TestReply {
    var bytes: [UInt8] { Array(self.body.readableBytesView) }
}

/// Updates that Yjs made, each of a client of its own.
enum YjsUpdates {
    /// The text `t` says "a😀b".
    static let text: [UInt8] = [1, 1, 1, 0, 4, 1, 1, 0x74, 6, 0x61, 0xF0, 0x9F, 0x98, 0x80, 0x62, 0]
    /// The map `m` has 1 for the key `k`.
    static let map: [UInt8] = [1, 1, 2, 0, 0x28, 1, 1, 0x6D, 1, 0x6B, 1, 0x7D, 1, 0]
    /// The array `a` is [null, true, -5, 0.5, "hi", {"p": [1]}].
    static let array: [UInt8] = [
        1, 1, 3, 0, 8, 1, 1, 0x61, 6, 0x7E, 0x78, 0x7D, 0x45, 0x7C, 0x3F, 0, 0, 0, 0x77, 2, 0x68, 0x69, 0x76, 1, 1,
        0x70, 0x75, 1, 0x7D, 1, 0,
    ]
    /// The XML fragment `x` has an element p.
    static let element: [UInt8] = [1, 1, 4, 0, 7, 1, 1, 0x78, 3, 1, 0x70, 0]
    /// Its attribute id is "7".
    static let attribute: [UInt8] = [1, 1, 4, 1, 0x28, 0, 4, 0, 2, 0x69, 0x64, 1, 0x77, 1, 0x37, 0]
    /// All of the text is deleted.
    static let textGone: [UInt8] = [0, 1, 1, 1, 0, 4]
}
