import NIOCore
import ProgramFixture
import RelayCore
import RelayQUIC
import RelayWire
import Testing

@testable import RelayServer

@Suite(
    "What a client of the QUIC relay may cost",
    .serialized,
    .timeLimit(.minutes(4)),
    .enabled(if: QUICLibrary.absence == nil)
)
struct QUICLimitTests {
    /// Long, so that what is told of a tunnel is much.
    private static let guest = String(repeating: "g", count: 60)
    private static let kind = String(repeating: "k", count: QUICRelayRequest.longestKind)

    /// A relay with a port for QUIC, and a session of its own.
    private struct Stage: Sendable {
        let port: Int
        let session: TestSession

        func host() async throws -> QUICPeer { try await QUICPeer.enter(port: self.port, ticket: self.session.host) }

        func guest() async throws -> QUICPeer {
            try await QUICPeer.enter(port: self.port, ticket: try await self.session.guest(QUICLimitTests.guest))
        }
    }

    private static func with(
        _ configure: (inout RelayConfiguration) -> Void = { _ in },
        _ body: @Sendable @escaping (Stage) async throws -> Void
    ) async throws {
        let port = try await freePort()
        try await withRelay {
            $0.quic.bind = HostPort("127.0.0.1:\(port)")
            $0.tunnels.bytesPerSecond = 0
            configure(&$0)
        } _: { relay in
            let session = try await TestSession(relay, account: try await relay.administratorToken)
            try await body(Stage(port: port, session: session))
        }
    }

    private static func ask(_ opener: QUICPeer, for name: String, _ number: UInt64) async throws {
        try await opener.say("bind", ["to": .text(name), "tunnel": .number(number), "kind": .text(Self.kind)])
    }

    private static func bind(_ opener: QUICPeer, to name: String, _ number: UInt64) async throws {
        try await Self.ask(opener, for: name, number)
        _ = try await opener.hears("bound")
    }

    /// The code by which the relay ends a connection.
    private static func end(of peer: QUICPeer) async throws -> UInt64? {
        Self.code(try await peer.next { if case .ended(let end) = $0 { end } else { nil } })
    }

    /// The same, of one that goes on with something until then.
    private static func end(of peer: QUICPeer, whoGoesOn body: () async throws -> Void) async throws -> UInt64? {
        do {
            for _ in 0..<200 { try await body() }
            Issue.record("the connection goes on")
            return nil
        } catch let failure as QUICPeerFailure {
            return failure.end.flatMap { Self.code($0) }
        } catch is QUICProblem {
            return try await Self.end(of: peer)
        }
    }

    /// The same, of one whose streams are refused.
    private static func end(of peer: QUICPeer, byStreamsOf tunnel: UInt64) async throws -> UInt64? {
        try await Self.end(of: peer) {
            for stream in try await peer.open(10, of: tunnel) {
                try await peer.next { if case .reset(stream, _) = $0 { () } else { nil } }
            }
        }
    }

    private static func code(_ end: QUICEnd) -> UInt64? {
        guard case .application(let code, _, by: .peer) = end else {
            Issue.record("the connection has ended so: \(end)")
            return nil
        }
        return code
    }

    @Test("Streams that a member gives up before their end have a budget, and no other peer pays")
    func resets() async throws {
        try await Self.with { stage in
            let (host, guest) = (try await stage.host(), try await stage.guest())
            try await Self.bind(host, to: Self.guest, 1)
            // What is given up before it was sent is never heard of.
            let end = try await Self.end(of: host) {
                let streams = try await host.open(10, of: 1)
                try await host.say("stats", [:])
                _ = try await host.hears("stats")
                try await host.giveUp(streams)
            }
            #expect(end == QUICRelayFailure.tooMany.rawValue)
            #expect(try await guest.hears("unbound")["reason"] == "peer_gone")
            // Whoever is sent what another gives up has nothing to pay for it.
            try await guest.say("stats", [:])
            _ = try await guest.hears("stats")
            await guest.close()
        }
    }

    @Test("So have those that are refused: of strangers, and of no tunnel")
    func refusals() async throws {
        try await Self.with {
            $0.quic.patience = .seconds(120)
        } _: { stage in
            let stranger = try await QUICPeer.connect(port: stage.port)
            #expect(try await Self.end(of: stranger, byStreamsOf: 1) == QUICRelayFailure.tooMany.rawValue)
            let host = try await stage.host()
            #expect(try await Self.end(of: host, byStreamsOf: 77) == QUICRelayFailure.tooMany.rawValue)
        }
    }

    @Test("A client that takes no answers is heard no further, and ends where others bring about more")
    func untaken() async throws {
        try await Self.with {
            $0.signaling.messagesPerSecond = 0
        } _: { stage in
            let (host, guest) = (try await stage.host(), try await stage.guest())
            try await host.stopHearing()
            let data = ByteBuffer(repeating: 0xEC, count: 15 << 10)
            for _ in 0..<20 { try await host.say("echo", ["data": .bytes(data)]) }
            // Until it is ended.
            for number in 1...10_000 as ClosedRange<UInt64> {
                try await Self.ask(guest, for: "host", number)
                let answer = try await guest.next { news -> String? in
                    guard case .said(let json) = news else { return nil }
                    return String(buffer: json)
                }
                if answer.contains("peer_not_here") { break }
                guard answer.contains("\"bound\"") else { continue }
                try await guest.say("unbind", ["tunnel": .number(number)])
                _ = try await guest.hears("unbound")
            }
            #expect(try await Self.end(of: host) == QUICRelayFailure.overloaded.rawValue)
            await guest.close()
        }
    }

    @Test("Credit of streams that end while the bandwidth is spent comes to their connection later, and is not lost")
    func credit() async throws {
        try await Self.with {
            $0.tunnels.bytesPerSecond = 256 << 10
            $0.tunnels.window = 64 << 10
            $0.quic.window = 64 << 10
        } _: { stage in
            let (host, guest) = (try await stage.host(), try await stage.guest())
            try await Self.bind(host, to: Self.guest, 1)
            try await shortStreams(from: host, to: guest, 1)
            for peer in [host, guest] { await peer.close() }
        }
    }
}

/// Sends more than a connection's window by streams of which each has a part of it, and is ended by both at once.
func shortStreams(from sender: QUICPeer, to receiver: QUICPeer, _ tunnel: UInt64) async throws {
    let bytes = ByteBuffer(repeating: 0x55, count: 32 << 10)
    for _ in 0..<12 {
        let stream = try await sender.open(tunnel, bytes, isLast: true)
        let accepted = try await receiver.accept()
        var all = accepted.bytes
        if !accepted.isLast { all.writeImmutableBuffer(try await receiver.all(of: accepted.stream)) }
        #expect(all == bytes)
        try await receiver.write(ByteBuffer(), isLast: true, to: accepted.stream)
        #expect(try await sender.all(of: stream).readableBytes == 0)
    }
}
