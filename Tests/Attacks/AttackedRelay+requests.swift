import Foundation
import NIOCore
import NIOPosix
import ProgramFixture
import Testing

/// Requests as bytes, for tests that need only a few.
extension AttackedRelay {
    /// A request after which its connection stays open.
    ///
    /// - Parameter line: method and target.
    func request(_ line: String, token: String?, type: String = "application/json", body: String = "") -> String {
        var lines = ["\(line) HTTP/1.1", "Host: localhost", "Content-Type: \(type)"]
        if let token { lines.append("Authorization: Bearer \(token)") }
        lines.append("Content-Length: \(body.utf8.count)")
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    /// Sends a request and returns all of its answer. The connection is asked to end behind it.
    func ask(_ request: String) async throws -> String {
        let (chunks, sink) = AsyncStream<ByteBuffer>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteInlet(sink: sink))
                }
            }
            .connect(host: "127.0.0.1", port: self.port)
            .get()
        let closing = request.replacingOccurrences(of: "Host: localhost", with: "Host: localhost\r\nConnection: close")
        try await channel.writeAndFlush(ByteBuffer(string: closing)).get()
        var answer = ByteBuffer()
        for await chunk in chunks { answer.writeImmutableBuffer(chunk) }
        return String(buffer: answer)
    }

    /// The administrator's access token.
    func token() async throws -> String {
        let form = "username=\(Self.username)&password=\(Self.password)"
        let type = "application/x-www-form-urlencoded"
        let answer = try await self.ask(self.request("POST /auth/login", token: nil, type: type, body: form))
        return try #require(answer.firstMatch(of: /"access_token":"([^"]+)"/).map { String($0.1) }, "\(answer)")
    }

    /// A topic `big` with a hundred messages of 90 KB, and a thousand other topics.
    func fill(_ token: String) async throws {
        let text = String(repeating: "x", count: 90_000)
        for number in 0..<100 {
            let body = #"{"topic":"big","payload":{"n":\#(number),"text":"\#(text)"}}"#
            let answer = try await self.ask(self.request("POST /api/v1/messages", token: token, body: body))
            try #require(answer.hasPrefix("HTTP/1.1 201"), "\(answer)")
        }
        for start in stride(from: 0, to: 1_000, by: 100) {
            let messages = (start..<(start + 100)).map { #"{"topic":"small-\#($0)","payload":{}}"# }
            let body = #"{"messages":[\#(messages.joined(separator: ","))]}"#
            let answer = try await self.ask(self.request("POST /api/v1/messages/bulk", token: token, body: body))
            try #require(answer.hasPrefix("HTTP/1.1 207"), "\(answer)")
        }
    }
}
