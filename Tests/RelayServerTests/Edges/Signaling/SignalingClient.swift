import Foundation
import NIOCore
import Testing

/// A scripted client of a signaling socket.
final class SignalingClient {
    /// A generation of clients, by what it says of itself.
    enum Dialect: String, CaseIterable, Sendable {
        case g1, g2, g3, core
    }

    let socket: TestWebSocket
    let dialect: Dialect
    private(set) var session = ""
    private(set) var peer = ""
    /// The `joined` frame.
    private(set) var joined: [String: Any] = [:]

    /// - Parameter fields: more lines of the request's head.
    init(
        _ relay: TestRelay,
        _ path: String = "/v1/signaling",
        token: String? = nil,
        fields: [String] = [],
        as dialect: Dialect = .g3
    ) async throws {
        self.socket = try await TestWebSocket(port: relay.port, path, token: token, fields: fields)
        self.dialect = dialect
    }

    /// Opens a socket without a token and joins with one, as the dialect does.
    convenience init(
        _ session: TestSession,
        on relay: TestRelay? = nil,
        _ peer: String,
        _ token: String,
        _ fields: [String: Any] = [:],
        as dialect: Dialect = .g3
    ) async throws {
        try await self.init(relay ?? session.relay, as: dialect)
        try await self.join(session.id, peer, token, fields)
    }

    /// Joins, which must succeed.
    func join(_ session: String, _ peer: String, _ token: String, _ fields: [String: Any] = [:]) async throws {
        try self.socket.send(json: self.joinFrame(session, peer, token).merging(fields) { $1 })
        self.joined = try #require(await self.socket.next()).object
        try #require(self.joined["type"] as? String == "joined", "\(self.joined)")
        let core = self.joined["session"] as? [String: Any]
        self.session = try #require((core?["session_id"] ?? self.joined["session_id"]) as? String)
        self.peer = try #require(self.joined["you"] as? String)
    }

    private func joinFrame(_ session: String, _ peer: String, _ token: String) -> [String: Any] {
        switch self.dialect {
        case .g3, .g2: ["type": "join", "session_id": session, "peer_id": peer, "join_token": token]
        case .g1:
            [
                "type": "join", "session_id": session, "peer_id": peer, "join_token": token, "candidates": [Any](),
                "pubkey": [1, 2, 3],
            ]
        case .core: ["type": "join", "session_id": session, "token": token, "display_name": peer]
        }
    }

    /// Sends a message with the envelope that the dialect has.
    func say(_ fields: [String: Any]) throws {
        let envelope: [String: Any] =
            self.dialect == .core ? [:] : ["session_id": self.session, "peer_id": self.peer]
        try self.socket.send(json: envelope.merging(fields) { $1 })
    }

    /// The next frame; empty where the relay closes.
    func next() async -> [String: Any] { await self.socket.next()?.object ?? [:] }

    /// The next frame of this type; what comes before is dropped. Empty where the relay closes.
    func next(_ type: String) async -> [String: Any] { await self.socket.next(type)?.object ?? [:] }

    /// All that comes before a chat message that says `mark`, by their types.
    func heard(until mark: String) async -> [String] {
        var types: [String] = []
        while let frame = await self.socket.next()?.object {
            if frame["message"] as? String == mark || frame["text"] as? String == mark { return types }
            types.append(frame["type"] as? String ?? "")
        }
        return types
    }

    /// The code with which the relay closes; what comes before is dropped.
    func closeCode() async -> UInt16? {
        while let frame = await self.socket.next() { if frame.opcode == 8 { return frame.closeCode } }
        return nil
    }

    func disconnect() { self.socket.connection.disconnect() }
}
