import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import Testing

@Suite("Joins whose answers are lost", .timeLimit(.minutes(2)))
struct RepeatedJoinLiveTests {
    private static let key = "0b0f3f5e-9a55-4a5e-8a1e-5f1c7ad50b7e"

    private static func join(
        _ session: TestSession,
        _ peer: String,
        _ token: String,
        key: String = Self.key,
        at relay: TestRelay? = nil
    ) async throws -> TestReply {
        try await (relay ?? session.relay).send(
            .POST,
            session.path + "/join",
            headers: [("content-type", "application/json"), ("idempotency-key", key)],
            body: #"{"peer_id":"\#(peer)","join_token":"\#(token)"}"#
        )
    }

    @Test("a guest whose answer was lost asks again, and is in with a ticket that works")
    func lost() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let invite = try await session.invite([:])
            let body = #"{"peer_id":"guest","join_token":"\#(invite)"}"#
            let connection = try await RawConnection.open(relay.port)
            connection.request(
                "POST",
                session.path + "/join",
                token: nil,
                headers: ["Content-Type: application/json", "Idempotency-Key: \(Self.key)"],
                body: body
            )
            try await connection.channel.close().get()
            let again = try await Self.join(session, "guest", invite)
            let ticket = try #require(again.object["ticket"] as? String, "\(again)")
            #expect(try await relay.send(.GET, session.path, token: ticket).status == 200)
            let stranger = try await Self.join(session, "guest", invite, key: Self.key + "x")
            #expect(stranger.status == 409 && stranger.error == "conflict", "\(stranger)")
            #expect(try await session.join("guest", invite).status == 409)
            let other = try await Self.join(session, "other", invite)
            #expect(other.status == 409, "\(other)")
            #expect(try await session.join("third", invite).status == 401)
            let short = try await Self.join(session, "guest", invite, key: "1")
            #expect(short.status == 400 && short.error == "invalid_request", "\(short)")
        }
    }

    @Test("two at once, at two relays, are one peer, and the invite is used once")
    func twoAtOnce() async throws {
        try await withTwoRelays { first, second in
            let session = try await TestSession(first, account: try await first.administratorToken)
            for round in 0..<4 {
                let invite = try await session.invite([:])
                let key = "\(Self.key) \(round)"
                async let one = Self.join(session, "guest \(round)", invite, key: key, at: first)
                async let two = Self.join(session, "guest \(round)", invite, key: key, at: second)
                for reply in [try await one, try await two] { #expect(reply.status == 200, "\(reply)") }
            }
            let shown = try await second.send(.GET, session.path, token: session.host)
            #expect((shown.object["participants"] as? [Any])?.count == 5)
        }
    }

    @Test("over a signaling socket it is the field join_key, also where the client names no peer")
    func signaling() async throws {
        try await withRelay { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let invite = try await session.invite([:])
            let first = try await SignalingClient(session, "x", invite, ["join_key": Self.key], as: .core)
            let second = try await SignalingClient(session, "x", invite, ["join_key": Self.key], as: .core)
            #expect(first.peer == second.peer && first.peer.hasPrefix("peer-"))
        }
    }

    @Test("a repeat after a restart of the relay is the same join")
    func restart() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("repeat-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = Made()
        func run(_ body: @escaping @Sendable (TestRelay) async throws -> Void) async throws {
            try await withRelay(
                {
                    $0.storage.backend = .sqlite
                    $0.storage.dataDirectory = folder.path
                },
                body
            )
        }
        try await run { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            let invite = try await session.invite([:])
            #expect(try await Self.join(session, "guest", invite).status == 200)
            await made.set(session.path, invite)
        }
        try await run { relay in
            let (path, invite) = await made.value
            let again = try await relay.send(
                .POST,
                path + "/join",
                headers: [("content-type", "application/json"), ("idempotency-key", Self.key)],
                body: #"{"peer_id":"guest","join_token":"\#(invite)"}"#
            )
            #expect(again.status == 200 && again.object["ticket"] is String, "\(again)")
        }
    }

    private actor Made {
        private(set) var value = ("", "")

        func set(_ path: String, _ invite: String) { self.value = (path, invite) }
    }
}
