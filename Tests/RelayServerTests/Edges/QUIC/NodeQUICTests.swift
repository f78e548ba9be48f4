import NIOCore
import NIOHTTP1
import ProgramFixture
import RelayCore
import RelayQUIC
import RelayWire
import Testing

@testable import RelayServer

@Suite(
    "Tunnels over QUIC whose peers come to two relays",
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled(if: QUICLibrary.absence == nil)
)
struct NodeQUICTests {
    /// Two relays, their ports for QUIC, and a session of the first with a host and a guest.
    private struct Stage: Sendable {
        let first: TestRelay
        let second: TestRelay
        let ports: [Int]
        let session: TestSession
        let guest: String

        func host(at place: Int = 0) async throws -> QUICPeer {
            try await QUICPeer.enter(port: self.ports[place], ticket: self.session.host)
        }

        func guest(at place: Int = 1, reads: Bool = true) async throws -> QUICPeer {
            try await QUICPeer.enter(port: self.ports[place], ticket: self.guest, reads: reads)
        }

        /// `pulsar_path_bytes_total` of the QUIC relay, at both.
        func counted(_ direction: String) async throws -> Int {
            var sum = 0
            for relay in [self.first, self.second] {
                let text = try await relay.send(.GET, "/metrics").text
                let name = "pulsar_path_bytes_total{direction=\"\(direction)\",mode=\"quic_relay\"}"
                let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
                sum += line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }.map { Int($0) } ?? 0
            }
            return sum
        }
    }

    private static func with(
        _ configure: @escaping (inout RelayConfiguration, Int) -> Void = { _, _ in },
        _ body: @Sendable @escaping (Stage) async throws -> Void
    ) async throws {
        let ports = [try await freePort(), try await freePort()]
        try await withNodes { configuration, place in
            configuration.quic.bind = HostPort("127.0.0.1:\(ports[place])")
            configure(&configuration, place)
        } _: { first, second in
            let session = try await TestSession(first, account: try await first.administratorToken)
            let guest = try await session.guest("guest")
            try await body(Stage(first: first, second: second, ports: ports, session: session, guest: guest))
        }
    }

    private static func bind(_ opener: QUICPeer, to target: QUICPeer, _ name: String, _ number: UInt64) async throws {
        try await opener.say("bind", ["to": .text(name), "tunnel": .number(number), "kind": .text("git")])
        let (mine, theirs) = (try await opener.hears("bound"), try await target.hears("bound"))
        #expect(mine["tunnel"] == "\(number)" && theirs["tunnel"] == "\(number)" && mine["peer_id"] == name)
        #expect(mine["kind"] == "git" && theirs["kind"] == "git" && mine["tunnel_id"] == theirs["tunnel_id"])
    }

    /// Whether a peer hears that a tunnel is unbound for this reason. The relays tell each other, and the session's topic tells both: what comes
    /// first is not certain.
    private static func reason(_ peer: QUICPeer, _ reason: String) async throws -> Bool {
        let found = try await peer.hears("unbound")["reason"]
        return found == reason || found == "closed"
    }

    @Test("carry streams both ways with their ends, and datagrams, and count each byte once")
    func carries() async throws {
        try await Self.with { stage in
            let (host, guest) = (try await stage.host(), try await stage.guest())
            try await Self.bind(host, to: guest, "guest", 7)
            let bytes = ByteBuffer(repeating: 0xA5, count: 3 << 20)
            for (sender, receiver) in [(host, guest), (guest, host)] {
                let stream = try await sender.open(7, ByteBuffer(string: "hello "), isLast: false)
                let accepted = try await receiver.accept()
                #expect(accepted.tunnel == 7 && String(buffer: accepted.bytes) == "hello " && !accepted.isLast)
                async let all = receiver.all(of: accepted.stream)
                try await sender.write(bytes, isLast: true, to: stream)
                #expect(try await all == bytes)
                // The other direction goes on.
                try await receiver.write(ByteBuffer(string: "answer"), isLast: true, to: accepted.stream)
                #expect(String(buffer: try await sender.all(of: stream)) == "answer")
            }
            for direction in ["inbound", "outbound"] {
                #expect(try await stage.counted(direction) == 2 * (3 << 20) + 2 * 12)
            }
            let reset = try await host.open(7, ByteBuffer(string: "x"))
            let accepted = try await guest.accept()
            try await host.reset(reset, code: 4_711)
            let code = try await guest.next { if case .reset(accepted.stream, let code) = $0 { code } else { nil } }
            #expect(code == 4_711)
            for (sender, receiver) in [(host, guest), (guest, host)] {
                try await sender.send(ByteBuffer(string: "by chance"), of: 7)
                var datagram = try await receiver.next { if case .datagram(let bytes) = $0 { bytes } else { nil } }
                #expect(datagram.readQUICVarint() == 7 && String(buffer: datagram) == "by chance")
            }
            for peer in [host, guest] { await peer.close() }
        }
    }

    @Test("stop who writes where the other does not read, and nobody else, and lose nothing")
    func stalled() async throws {
        try await Self.with {
            $0.tunnels.window = $1 == 0 ? 64 << 10 : 256 << 10
        } _: { stage in
            let (host, guest) = (try await stage.host(), try await stage.guest(reads: false))
            try await Self.bind(host, to: guest, "guest", 1)
            let bytes = ByteBuffer(repeating: 0x5A, count: 2 << 20)
            let stream = try await host.open(1, bytes, isLast: true)
            // A window that the guest has taken in, and one that waits for it.
            let most = QUICPeer.window + (64 << 10) + 1
            // Credit of less than half a window may wait to be told.
            let least = most - (32 << 10) - 1_024
            while try await stage.counted("inbound") < least { try await Task.sleep(for: .milliseconds(20)) }
            let other = try await host.open(1, ByteBuffer(string: "not held up"), isLast: true)
            var heard: [UInt64: ByteBuffer] = [:]
            while heard.values.allSatisfy({ !String(buffer: $0).hasSuffix("not held up") }) {
                let (number, piece) = try await guest.next { news -> (UInt64, ByteBuffer)? in
                    guard case .stream(let number, let bytes, _) = news else { return nil }
                    return (number, bytes)
                }
                heard[number, default: ByteBuffer()].writeImmutableBuffer(piece)
            }
            #expect(try await stage.counted("inbound") <= most + 11)
            #expect(try await host.held(of: stream) >= bytes.readableBytes - most && other != stream)
            let held = try #require(heard.first { !String(buffer: $0.value).hasSuffix("not held up") })
            try await guest.readOn()
            var all = held.value
            all.writeImmutableBuffer(try await guest.all(of: held.key))
            #expect(all.readQUICVarint() == 1 && all == bytes)
            for peer in [host, guest] { await peer.close() }
        }
    }

    @Test("lose no credit of streams that end while the session's bandwidth is spent")
    func credit() async throws {
        try await Self.with { configuration, _ in
            configuration.tunnels.bytesPerSecond = 256 << 10
            configuration.tunnels.window = 64 << 10
            configuration.quic.window = 64 << 10
        } _: { stage in
            let (host, guest) = (try await stage.host(), try await stage.guest())
            try await Self.bind(host, to: guest, "guest", 1)
            for (sender, receiver) in [(host, guest), (guest, host)] {
                try await shortStreams(from: sender, to: receiver, 1)
            }
            for peer in [host, guest] { await peer.close() }
        }
    }

    @Test("end when a peer, its connection or the session says so, at the other relay too")
    func ends() async throws {
        try await Self.with { stage in
            let (host, guest) = (try await stage.host(), try await stage.guest())
            try await Self.bind(host, to: guest, "guest", 1)
            let stream = try await guest.open(1, ByteBuffer(string: "open"))
            let accepted = try await host.accept()
            try await host.say("unbind", ["tunnel": .number(1)])
            #expect(try await Self.reason(guest, "unbound_by_peer"))
            _ = try await host.hears("unbound")
            for (peer, stream) in [(host, accepted.stream), (guest, stream)] {
                let code = try await peer.next { if case .reset(stream, let code) = $0 { code } else { nil } }
                #expect(code == QUICRelayFailure.unbound.rawValue)
            }
            try await Self.bind(guest, to: host, "host", 2)
            await guest.close()
            #expect(try await Self.reason(host, "peer_gone"))
            try await host.say("bind", ["to": .text("guest"), "tunnel": .number(3)])
            #expect(try await host.hears("error")["code"] == "peer_not_here")
            // Its number is free again.
            let again = try await stage.guest()
            try await Self.bind(host, to: again, "guest", 3)
            for peer in [host, again] { await peer.close() }
        }
    }

    @Test("find a peer where it is now: its connection at the relay before is closed")
    func moved() async throws {
        try await Self.with { stage in
            let (host, before) = (try await stage.host(), try await stage.guest(at: 0))
            try await Self.bind(host, to: before, "guest", 1)
            let now = try await stage.guest(at: 1)
            let end = try await before.next { if case .ended(let end) = $0 { end } else { nil } }
            guard case .application(QUICRelayFailure.replaced.rawValue, _, by: .peer) = end else {
                Issue.record("the connection before has ended so: \(end)")
                return
            }
            #expect(try await Self.reason(host, "peer_gone"))
            try await Self.bind(host, to: now, "guest", 1)
            for peer in [host, now] { await peer.close() }
        }
    }

    @Test("a peer at a relay that nobody can reach is not here")
    func unreachable() async throws {
        let dead = try await freePort()
        try await Self.with {
            if $1 == 1 { $0.tunnels.node = NodeAddress("http://127.0.0.1:\(dead)") }
        } _: { stage in
            let (host, guest) = (try await stage.host(), try await stage.guest())
            try await host.say("bind", ["to": .text("guest"), "tunnel": .number(1)])
            #expect(try await host.hears("error")["code"] == "peer_not_here")
            for peer in [host, guest] { await peer.close() }
        }
    }

    @Test("are for relays alone, which show a pass for just these two peers")
    func forged() async throws {
        try await Self.with { stage in
            let host = try await stage.host()
            let node = "http://127.0.0.1:\(stage.first.port)"
            let key = NodePassKey(secret: RelayConfiguration.forTests.access.jwtSecret?.value ?? "")
            func pass(to target: String) -> NodePass {
                NodePass(node: node, session: stage.session.id, claim: .quic(to: target, from: "guest"))
            }
            func text(of pass: NodePass) -> String {
                var generator = SystemRandomNumberGenerator()
                return key.text(pass, at: RelayClock.system.now().microseconds / 1000, .random(using: &generator))
            }
            let (wanted, other) = (pass(to: "host"), pass(to: "nobody"))
            let used = text(of: wanted)
            let asked: [(NodePass, String?, Int)] = [
                (wanted, nil, 401), (wanted, stage.guest, 401), (wanted, text(of: other), 401),
                (other, text(of: other), 404), (wanted, used, 101), (wanted, used, 401),
            ]
            for (pass, token, status) in asked {
                let connection = try await RawConnection.open(stage.first.port)
                connection.request("GET", pass.path, token: token, headers: TestWebSocket.handshake)
                #expect(Int(try #require(await connection.head()).status) == status)
                connection.disconnect()
            }
            await host.close()
        }
    }
}
