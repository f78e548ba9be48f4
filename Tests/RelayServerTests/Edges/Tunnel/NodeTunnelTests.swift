import Foundation
import NIOCore
import NIOHTTP1
import ProgramFixture
import RelayCore
import RelayWire
import Testing
import ValkeyFixture

@testable import RelayServer

@Suite("Tunnels whose ends come to two relays", .serialized, .timeLimit(.minutes(4)))
struct NodeTunnelTests {
    /// A session with a host and a guest, and a tunnel that the guest has accepted.
    private struct Peers: Sendable {
        let session: TestSession
        let guest: String
        let tunnel: String

        init(_ relay: TestRelay) async throws {
            self.session = try await TestSession(relay, account: try await relay.administratorToken)
            self.guest = try await self.session.guest("guest")
            let path = self.session.path + "/tunnels"
            let made = try await relay.send(.POST, path, token: self.session.host, json: ["to_peer_id": "guest"])
            self.tunnel = try #require(made.object["tunnel_id"] as? String, "\(made)")
            let accepted = try await relay.send(.POST, "\(path)/\(self.tunnel)/accept", token: self.guest, json: [:])
            try #require(accepted.status == 200, "\(accepted)")
        }

        /// The opener's end.
        func host(_ relay: TestRelay, reads: Bool = true) async throws -> TestWebSocket {
            try await TestWebSocket(
                port: relay.port,
                "/v1/tunnels/\(self.tunnel)",
                token: self.session.host,
                reads: reads
            )
        }

        /// The target's end.
        func guest(_ relay: TestRelay, reads: Bool = true) async throws -> TestWebSocket {
            try await TestWebSocket(port: relay.port, "/v1/tunnels/\(self.tunnel)", token: self.guest, reads: reads)
        }

        func status(_ relay: TestRelay, token: String) async throws -> Int {
            let path = "/v1/tunnels/\(self.tunnel)"
            let connection = try await RawConnection.open(relay.port)
            connection.request("GET", path, token: token, headers: TestWebSocket.handshake)
            let head = try #require(await connection.head())
            connection.disconnect()
            return Int(head.status)
        }
    }

    private static let pieceBytes = 256 << 10
    private static let pieces = 256

    private static func payload(_ piece: Int) -> ByteBuffer {
        ByteBuffer(repeating: UInt8(truncatingIfNeeded: piece), count: self.pieceBytes)
    }

    /// Writes 64 MiB, every byte of which says in which piece it stands.
    private static func write(to end: TestWebSocket) {
        let channel = end.connection.channel
        @Sendable func writePiece(_ piece: Int) {
            guard piece < self.pieces else { return }
            channel.writeAndFlush(TestWebSocket.plainFrame(self.payload(piece))).whenSuccess { writePiece(piece + 1) }
        }
        writePiece(0)
    }

    /// Takes the 64 MiB, and checks the first byte and the last of each frame.
    private static func isRead(from end: TestWebSocket) async -> Bool {
        var received = 0
        while received < self.pieces * self.pieceBytes, let frame = await end.next(), frame.opcode == 2 {
            for place in [0, frame.payload.readableBytes - 1] {
                let expected = UInt8(truncatingIfNeeded: (received + place) / self.pieceBytes)
                let byte = frame.payload.getInteger(at: frame.payload.readerIndex + place, as: UInt8.self)
                guard byte == expected else { return false }
            }
            received += frame.payload.readableBytes
        }
        return received == self.pieces * self.pieceBytes
    }

    /// `pulsar_path_bytes_total` of tunnels.
    private static func counted(_ direction: String, at relays: [TestRelay]) async throws -> Int {
        var sum = 0
        for relay in relays {
            let text = try await relay.send(.GET, "/metrics").text
            let name = "pulsar_path_bytes_total{direction=\"\(direction)\",mode=\"tunnel\"}"
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
            sum += line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }.map { Int($0) } ?? 0
        }
        return sum
    }

    @Test("carry 64 MiB each way at once, whichever comes first, and count each byte once", arguments: [true, false])
    func bytes(hostFirst: Bool) async throws {
        try await withNodes { first, second in
            let peers = try await Peers(first)
            let host: TestWebSocket
            let guest: TestWebSocket
            if hostFirst {
                host = try await peers.host(first)
                guest = try await peers.guest(second)
            } else {
                guest = try await peers.guest(second)
                host = try await peers.host(first)
            }
            for (source, sink) in [(host, guest), (guest, host)] { Self.write(to: source); _ = sink }
            #expect(await Self.isRead(from: guest))
            #expect(await Self.isRead(from: host))
            let all = 2 * Self.pieces * Self.pieceBytes
            for direction in ["inbound", "outbound"] {
                #expect(try await Self.counted(direction, at: [first, second]) == all)
            }
            host.send(0x82, ByteBuffer())
            #expect(await guest.next()?.payload.readableBytes == 0)
            guest.send(0x82, ByteBuffer())
            for end in [host, guest] { #expect(await end.untilGoodbye().last?.closeCode == 1_000) }
        }
    }

    @Test("an end that does not read stops the writes of the other, over both relays, and loses nothing")
    func stalled() async throws {
        try await withNodes { first, second in
            let peers = try await Peers(first)
            let (host, guest) = (try await peers.host(first), try await peers.guest(second, reads: false))
            Self.write(to: host)
            var before = -1
            while true {
                let now = try await Self.counted("inbound", at: [first, second])
                if now == before, now > 0 { break }
                before = now
                try await Task.sleep(for: .seconds(1))
            }
            #expect(before < Self.pieces * Self.pieceBytes / 2)
            // The other direction is not held up by it.
            guest.send(0x82, ByteBuffer(string: "still here"))
            #expect(await host.bytes(10) == ByteBuffer(string: "still here"))
            try await guest.connection.startReading()
            #expect(await Self.isRead(from: guest))
            host.connection.disconnect()
            guest.connection.disconnect()
        }
    }

    @Test(
        "an end that closes or vanishes ends the other at the other relay, with its reason",
        arguments: [true, false]
    )
    func ends(isClean: Bool) async throws {
        try await withNodes { first, second in
            let peers = try await Peers(first)
            for leaver in ["host", "guest"] {
                let (host, guest) = (try await peers.host(first), try await peers.guest(second))
                let (gone, left) = leaver == "host" ? (host, guest) : (guest, host)
                gone.send(0x82, ByteBuffer(string: "last"))
                if isClean {
                    gone.send(0x88, ByteBuffer(bytes: [0x03, 0xE8]))
                    _ = await gone.untilClosed()
                } else {
                    #expect(await left.bytes(4) == ByteBuffer(string: "last"))
                    try await gone.connection.breakOff()
                }
                #expect(await left.untilGoodbye().last?.closeCode == (isClean ? 1_000 : 1_001))
            }
            // And all of it works again.
            let (host, guest) = (try await peers.host(first), try await peers.guest(second))
            host.send(0x82, ByteBuffer(string: "again"))
            #expect(await guest.bytes(5) == ByteBuffer(string: "again"))
            host.connection.disconnect()
            guest.connection.disconnect()
        }
    }

    @Test("a client that comes back takes the place of its connection before, also over the other relay")
    func replaced() async throws {
        try await withNodes { first, second in
            let peers = try await Peers(first)
            let (host, guest) = (try await peers.host(first), try await peers.guest(second))
            let again = try await peers.guest(second)
            #expect(await guest.untilGoodbye().last?.closeCode == 4_010)
            #expect(await host.untilGoodbye().last?.closeCode == 1_001)
            let hostAgain = try await peers.host(second)
            hostAgain.send(0x82, ByteBuffer(string: "hello"))
            #expect(await again.bytes(5) == ByteBuffer(string: "hello"))
            again.connection.disconnect()
            hostAgain.connection.disconnect()
        }
    }

    @Test("an end whose other end does not come is told so at the other relay, too")
    func patience() async throws {
        try await withNodes {
            $0.tunnels.patience = $1 == 0 ? .seconds(1) : .seconds(60)
        } _: { first, second in
            let peers = try await Peers(first)
            let host = try await peers.host(first)
            #expect(await host.untilGoodbye().last?.closeCode == 1_013)
            #expect(await (try await peers.guest(second)).untilGoodbye().last?.closeCode == 1_013)
        }
    }

    @Test("a relay that stops ends the other end")
    func stopped() async throws {
        try await withNodes { first, second in
            let peers = try await Peers(first)
            let (host, guest) = (try await peers.host(first), try await peers.guest(second))
            host.send(0x82, ByteBuffer(string: "hello"))
            #expect(await guest.bytes(5) == ByteBuffer(string: "hello"))
            await first.shutDown()
            #expect(await guest.untilGoodbye().last?.closeCode == 1_001)
            _ = await host.untilGoodbye()
        }
    }

    @Test("a relay that can't be reached is the meeting place no more: the next to come meet elsewhere")
    func unreachable() async throws {
        let dead = try await freePort()
        try await withNodes {
            if $1 == 0 { $0.tunnels.node = NodeAddress("http://127.0.0.1:\(dead)") }
        } _: { first, second in
            let peers = try await Peers(first)
            let lost = try await peers.host(first)
            #expect(try await peers.status(second, token: peers.guest) == 502)
            let guest = try await peers.guest(second)
            let host = try await peers.host(first)
            host.send(0x82, ByteBuffer(string: "hello"))
            #expect(await guest.bytes(5) == ByteBuffer(string: "hello"))
            for end in [lost, host, guest] { end.connection.disconnect() }
        }
    }

    @Test("a pass that was seen on its way opens nothing more")
    func replayed() async throws {
        try await withNodes { first, second in
            let peers = try await Peers(first)
            let host = try await peers.host(first)
            let id = peers.session.id
            let node = "http://127.0.0.1:\(first.port)"
            let pass = NodePass(node: node, session: id, claim: .tunnel(peers.tunnel, side: "target"))
            var generator = SystemRandomNumberGenerator()
            let key = NodePassKey(secret: RelayConfiguration.forTests.access.jwtSecret?.value ?? "")
            let now = RelayClock.system.now().microseconds / 1000
            let text = key.text(pass, at: now, .random(using: &generator))
            for status in [101, 401, 401] {
                let connection = try await RawConnection.open(first.port)
                connection.request("GET", pass.path, token: text, headers: TestWebSocket.handshake)
                #expect(try #require(await connection.head()).status == status)
                connection.disconnect()
            }
            host.connection.disconnect()
            _ = second
        }
    }

    @Test("nobody has an end by a relay's route who is no relay")
    func forged() async throws {
        try await withNodes { first, second in
            let peers = try await Peers(first)
            let host = try await peers.host(first)
            let path = "/v1/node/tunnels/\(peers.tunnel)?session_id=\(peers.session.id)&side=target"
            let tokens: [String?] = [nil, peers.guest, peers.session.account, String(repeating: "A", count: 54)]
            for token in tokens {
                let connection = try await RawConnection.open(first.port)
                connection.request("GET", path, token: token, headers: TestWebSocket.handshake)
                #expect(try #require(await connection.head()).status == 401)
                connection.disconnect()
            }
            let guest = try await peers.guest(second)
            host.send(0x82, ByteBuffer(string: "hello"))
            #expect(await guest.bytes(5) == ByteBuffer(string: "hello"))
            host.connection.disconnect()
            guest.connection.disconnect()
        }
    }

    @Test("an end outlives the ticket by which it was opened, on both relays, for as long as its peer is one")
    func outlivesTicket() async throws {
        try await withNodes { configuration, _ in
            configuration.sessions.ticketLifetime = .seconds(9)
        } _: { first, second in
            let peers = try await Peers(first)
            let (host, guest) = (try await peers.host(first), try await peers.guest(second))
            try await Task.sleep(for: .seconds(11))
            // The tickets themselves are over.
            #expect(try await peers.status(second, token: peers.guest) == 401)
            host.send(0x82, ByteBuffer(string: "hello"))
            #expect(await guest.bytes(5) == ByteBuffer(string: "hello"))
            guest.send(0x82, ByteBuffer(string: "still here"))
            #expect(await host.bytes(10) == ByteBuffer(string: "still here"))
            let path = peers.session.path + "/close"
            let closed = try await first.send(.POST, path, token: peers.session.account, json: [:])
            #expect(closed.status < 300, "\(closed)")
            for end in [host, guest] { #expect(try #require(await end.untilGoodbye().last?.closeCode) >= 1_000) }
        }
    }

    @Test("relays reach each other by TLS where their URLs say so, and trust nobody but whom they are told")
    func encrypted() async throws {
        let (certificates, strange) = (try TLSCertificates.make(), try TLSCertificates.make())
        defer { for made in [certificates, strange] { made.remove() } }
        let port = try await freePort()
        for (place, authority) in [("localhost", certificates), ("127.0.0.1", certificates), ("localhost", strange)] {
            try await withNodes { configuration, index in
                configuration.tunnels.nodeAuthorities = authority.authority
                if index == 0 { configuration.tunnels.node = NodeAddress("https://\(place):\(port)") }
            } _: { first, second in
                try await Self.withTLS(certificates, from: port, to: first.port) {
                    let peers = try await Peers(first)
                    let host = try await peers.host(first)
                    guard authority.authority == certificates.authority else {
                        #expect(try await peers.status(second, token: peers.guest) == 502)
                        return host.connection.disconnect()
                    }
                    let guest = try await peers.guest(second)
                    for (source, sink) in [(host, guest), (guest, host)] {
                        source.send(0x82, Self.payload(7))
                        #expect(await sink.bytes(Self.pieceBytes) == Self.payload(7))
                    }
                    for end in [host, guest] { end.connection.disconnect() }
                }
            }
        }
    }

    /// Runs a proxy that ends TLS, as one in front of a relay does.
    private static func withTLS(
        _ certificates: TLSCertificates,
        from port: Int,
        to target: Int,
        _ body: () async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory
        let log = directory.appending(path: "socat-\(UUID()).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let listen = "OPENSSL-LISTEN:\(port),bind=127.0.0.1,reuseaddr,fork,verify=0"
        let proxy = try ChildProcess(
            URL(filePath: "/usr/bin/socat"),
            ["\(listen),cert=\(certificates.certificate),key=\(certificates.key)", "TCP:127.0.0.1:\(target)"],
            environment: [:],
            directory: directory,
            log: log
        )
        while (try? await RawConnection.open(port).disconnect()) == nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        proxy.signal(SIGTERM)
        _ = try await proxy.exit(within: .seconds(10))
        try result.get()
    }
}
