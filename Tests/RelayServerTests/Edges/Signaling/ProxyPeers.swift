import NIOCore
import RelayWire
import Testing

/// A session whose peers have tunnels of proxy frames.
struct ProxyPeers: Sendable {
    let session: TestSession

    init(_ relay: TestRelay) async throws {
        self.session = try await TestSession(relay, account: try await relay.administratorToken)
    }

    func join(_ peer: String, on relay: TestRelay? = nil) async throws -> SignalingClient {
        let invite = try await self.session.invite(["role": "editor"])
        return try await SignalingClient(self.session, on: relay, peer, invite)
    }

    /// The peers `a` and `b`, with an open tunnel that `a` has asked for.
    ///
    /// - Parameter second: where `b` is; nil for where `a` is.
    func open(_ fields: [String: Any] = [:], accepting: [String: Any] = [:], to second: TestRelay? = nil) async throws
        -> (SignalingClient, SignalingClient)
    {
        let (a, b) = (try await self.join("a"), try await self.join("b", on: second))
        _ = await a.next("peer_joined")
        try a.say(["type": "request_binary_proxy", "to_peer_id": "b"].merging(fields) { $1 })
        #expect(await b.next("request_binary_proxy")["from_peer_id"] as? String == "a")
        try b.say(["type": "binary_proxy_accepted", "to_peer_id": "a"].merging(accepting) { $1 })
        #expect(await a.next("binary_proxy_accepted")["from_peer_id"] as? String == "b")
        return (a, b)
    }
}

extension SignalingClient {
    /// A frame as this client sends it to a peer, or gets it from one.
    func frame(_ peer: String, _ sequence: UInt64, _ data: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        let (session, peer) = (ByteBuffer(string: self.session), ByteBuffer(string: peer))
        ProxyFrame.writeHead(session: session, peer: peer, sequence: sequence, into: &frame)
        frame.writeImmutableBuffer(data)
        return frame
    }

    func send(_ sequence: UInt64, _ text: String, to peer: String) {
        self.socket.send(0x82, self.frame(peer, sequence, ByteBuffer(string: text)))
    }

    /// The next frame; other messages before it are dropped. Nil where the relay closes.
    func nextFrame() async -> ProxyFrame? {
        while let frame = await self.socket.next() {
            if frame.opcode == 2 { return try? ProxyFrame(frame.payload, maxData: 1 << 20) }
        }
        return nil
    }

    /// Comes back to its place after its socket has broken off.
    func back(to session: TestSession, on relay: TestRelay? = nil) async throws -> SignalingClient {
        let ticket = try #require(self.joined["join_token"] as? String)
        let resume = try #require(self.joined["resume"] as? String)
        return try await SignalingClient(session, on: relay, self.peer, ticket, ["resume": resume])
    }

    /// The next frame as its sender, its number and its data.
    func nextText() async -> String? {
        await self.nextFrame().map { "\(String(buffer: $0.peer)) \($0.sequence) \(String(buffer: $0.data))" }
    }

    /// The reason for which a tunnel is closed.
    func closing() async -> String? { await self.next("binary_proxy_closed")["reason"] as? String }

    /// The code of the next error.
    func error() async -> String? { await self.next("error")["code"] as? String }
}
