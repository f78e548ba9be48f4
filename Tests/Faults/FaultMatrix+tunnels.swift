import Foundation
import NIOCore
import NIOHTTP1
import ProgramFixture
import Testing

/// What peers send each other through two relays, of which one is killed.
extension FaultMatrix {
    @Test(
        "17. The relay of one end of a tunnel is killed: the other end is told, and the two go on elsewhere",
        arguments: [0, 1]
    )
    func tunnelKilled(killed: Int) async throws {
        try await Stage.run(reachable: true) { stage in
            let peers = try await Peers(stage)
            let tunnel = try await peers.tunnel()
            let (host, guest) = (
                try await peers.end(of: tunnel, "host", 0), try await peers.end(of: tunnel, "guest", 1)
            )
            host.send(2, ByteBuffer(string: "hello"))
            #expect(await guest.bytes() == "hello")
            #expect(try await stage.nodes[killed].end(by: SIGKILL) == .signal(SIGKILL))
            let (left, lost) = killed == 0 ? (guest, host) : (host, guest)
            #expect(await left.end() == 1001)
            #expect(await lost.end() == nil)
            // Where the killed relay was the meeting place, the first to come is told so, and makes another one of it.
            let other = 1 - killed
            try await until("the ends meet at the relay that is left") {
                let again = try await peers.end(of: tunnel, "host", other)
                defer { again.close() }
                let there = try await peers.end(of: tunnel, "guest", other)
                defer { there.close() }
                again.send(2, ByteBuffer(string: "again"))
                return await there.bytes() == "again"
            }
        }
    }

    @Test("18. The relay that keeps a proxy is killed: the other peer is told, and the two begin anew elsewhere")
    func proxyKeeperKilled() async throws {
        try await Stage.run(reachable: true) { stage in
            let peers = try await Peers(stage)
            let (host, guest) = try await peers.proxy()
            #expect(try await stage.nodes[0].end(by: SIGKILL) == .signal(SIGKILL))
            #expect(await guest.socket.next("binary_proxy_closed")["reason"] as? String == "relay_lost")
            #expect(await host.socket.end() == nil)
            let back = try await peers.join("host", 1, after: host)
            try await peers.open(from: back, to: guest)
            guest.send(0, "again", to: "host")
            #expect(await back.socket.bytes()?.hasSuffix("again") == true)
        }
    }

    @Test("19. The relay of a proxy's other peer is killed: the peer comes back elsewhere, and goes on where it was")
    func proxyPeerKilled() async throws {
        try await Stage.run(reachable: true) { stage in
            let peers = try await Peers(stage)
            let (host, guest) = try await peers.proxy()
            host.send(0, "one", to: "guest")
            #expect(await guest.socket.bytes()?.hasSuffix("one") == true)
            #expect(try await stage.nodes[1].end(by: SIGKILL) == .signal(SIGKILL))
            #expect(await guest.socket.end() == nil)
            let back = try await peers.join("guest", 0, after: guest)
            #expect(await back.socket.next("binary_proxy_accepted")["start_sequence"] as? Int == 0)
            #expect(await host.socket.next("binary_proxy_accepted")["start_sequence"] as? Int == 0)
            host.send(0, "one", to: "guest")
            host.send(1, "two", to: "guest")
            for text in ["one", "two"] { #expect(await back.socket.bytes()?.hasSuffix(text) == true) }
        }
    }
}

/// A peer on its signaling socket.
private struct Peer {
    let name: String
    let session: String
    let socket: Pipe
    let ticket: String
    let resume: String

    /// A proxy frame.
    func send(_ sequence: UInt64, _ text: String, to peer: String) {
        var frame = ByteBuffer()
        for id in [self.session, peer] {
            frame.writeInteger(UInt8(id.utf8.count))
            frame.writeString(id)
        }
        frame.writeInteger(sequence)
        frame.writeString(text)
        self.socket.send(2, frame)
    }
}

/// A session of two relays with a host and a guest.
private struct Peers {
    let stage: Stage
    let session: String
    private let tickets: [String: String]
    private let resumes: [String: String]

    init(_ stage: Stage) async throws {
        self.stage = stage
        let visitor = stage.nodes[0].visitor
        try await visitor.logIn()
        let made = try await visitor.ask(.POST, "/v1/sessions", #"{"host_id":"host"}"#, headers: Self.json)
        let session = try #require(made.member("session_id"), "\(made)")
        self.session = session
        let claim = try #require(made.member("join_token"))
        let host = try await Self.ask(visitor, session, "/join", ["peer_id": "host", "join_token": claim])
        let ticket = try #require(host.member("ticket"), "\(host)")
        let invite = try await Self.ask(
            Visitor(url: visitor.url),
            session,
            "/invites",
            ["role": "editor"],
            token: ticket
        )
        let token = try #require(invite.member("token"), "\(invite)")
        let guest = try await Self.ask(
            Visitor(url: visitor.url),
            session,
            "/join",
            ["peer_id": "guest", "join_token": token]
        )
        self.tickets = ["host": ticket, "guest": try #require(guest.member("ticket"), "\(guest)")]
        self.resumes = ["host": try #require(host.member("resume")), "guest": try #require(guest.member("resume"))]
    }

    private static let json = [("content-type", "application/json")]

    private static func ask(
        _ visitor: Visitor,
        _ session: String,
        _ path: String,
        _ body: [String: String],
        token: String? = nil
    ) async throws -> Answer {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        let headers = Self.json + (token.map { [("authorization", "Bearer \($0)")] } ?? [])
        return try await visitor.ask(.POST, "/v1/sessions/\(session)\(path)", text, headers: headers)
    }

    private func ticket(_ peer: String) throws -> String { try #require(self.tickets[peer]) }

    // MARK: Tunnels

    /// - Returns: the id of one that the guest has accepted.
    func tunnel() async throws -> String {
        let visitor = Visitor(url: self.stage.nodes[0].url)
        let made = try await Self.ask(
            visitor,
            self.session,
            "/tunnels",
            ["to_peer_id": "guest"],
            token: try self.ticket("host")
        )
        let tunnel = try #require(made.member("tunnel_id"), "\(made)")
        let accepted = try await Self.ask(
            visitor,
            self.session,
            "/tunnels/\(tunnel)/accept",
            [:],
            token: try self.ticket("guest")
        )
        try #require(accepted.status == 200, "\(accepted)")
        return tunnel
    }

    func end(of tunnel: String, _ peer: String, _ node: Int) async throws -> Pipe {
        try await Pipe.open(on: self.stage.nodes[node], "/v1/tunnels/\(tunnel)", token: try self.ticket(peer))
    }

    // MARK: Proxies

    func join(_ peer: String, _ node: Int, after before: Peer? = nil) async throws -> Peer {
        let socket = try await Pipe.open(on: self.stage.nodes[node], "/v1/signaling")
        var join: [String: Any] = ["type": "join", "session_id": self.session, "peer_id": peer]
        join["join_token"] = try before?.ticket ?? self.ticket(peer)
        join["resume"] = before?.resume ?? self.resumes[peer]
        try socket.say(join)
        let joined = try #require(await socket.next()).object
        try #require(joined["type"] as? String == "joined", "\(joined)")
        return Peer(
            name: peer,
            session: self.session,
            socket: socket,
            ticket: try #require(joined["join_token"] as? String),
            resume: try #require(joined["resume"] as? String)
        )
    }

    func open(from opener: Peer, to target: Peer) async throws {
        try opener.socket.say(["type": "request_binary_proxy", "to_peer_id": target.name])
        #expect(await target.socket.next("request_binary_proxy")["from_peer_id"] as? String == opener.name)
        try target.socket.say(["type": "binary_proxy_accepted", "to_peer_id": opener.name])
        #expect(await opener.socket.next("binary_proxy_accepted")["from_peer_id"] as? String == target.name)
    }

    /// The host at the first relay, the guest at the second, with an open proxy that the host has asked for.
    func proxy() async throws -> (host: Peer, guest: Peer) {
        let (host, guest) = (try await self.join("host", 0), try await self.join("guest", 1))
        try await self.open(from: host, to: guest)
        return (host, guest)
    }
}
