import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Connections under TLS")
struct HandshakeTests {
    @Test("A request and those behind it on the same connection are answered")
    func requests() async throws {
        try await withListener { stage in
            let client = try await RawConnection.open(stage.port, tls: stage.tls())
            for _ in 0..<3 {
                client.send("GET /health/liveness HTTP/1.1\r\nhost: relay\r\n\r\n")
                #expect(await client.reply()?.status == 200)
            }
            // One that the scanner in front of the decoder reads.
            let body = #"{"topic":"a","payload":{}}"#
            client.send(
                "POST /api/v1/messages HTTP/1.1\r\nhost: relay\r\ncontent-type: application/json\r\n"
                    + "authorization: Bearer nobody\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            #expect(await client.reply()?.status == 401)
            client.disconnect()
        }
    }

    @Test("A client that says nothing is cut off when a head would be, and gives back what was counted for it")
    func silent() async throws {
        try await withListener {
            $0.server.headerTimeout = .milliseconds(200)
        } _: { stage in
            let client = try await RawConnection.open(stage.port)
            let halfway = try await RawConnection.open(stage.port)
            // The beginning of a record, whose end never comes.
            halfway.send(ByteBuffer(bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]))
            try await stage.until { stage.memory.bytes(in: .strangers) == 2 * Handshake.room }
            #expect(await !client.rest().contains("HTTP/"))
            #expect(await !halfway.rest().contains("HTTP/"))
            try await stage.until { stage.memory.bytes(in: .strangers) == 0 }
        }
    }

    @Test("Where there is no memory for another stranger, a connection is closed at once")
    func noRoom() async throws {
        try await withListener {
            $0.memory.maxStrangerBytes = Handshake.room + 1
        } _: { stage in
            let first = try await RawConnection.open(stage.port)
            try await stage.until { stage.memory.bytes(in: .strangers) == Handshake.room }
            let second = try await RawConnection.open(stage.port)
            #expect(await !second.rest().contains("HTTP/"))
            first.disconnect()
            try await stage.until { stage.memory.bytes(in: .strangers) == 0 }
            let third = try await RawConnection.open(stage.port, tls: stage.tls())
            third.send("GET /health/liveness HTTP/1.1\r\nhost: relay\r\n\r\n")
            #expect(await third.reply()?.status == 200)
            third.disconnect()
        }
    }

    @Test("HTTP without TLS, and TLS before 1.2, are not answered")
    func others() async throws {
        try await withListener { stage in
            let plain = try await RawConnection.open(stage.port)
            plain.send("GET /health HTTP/1.1\r\nhost: relay\r\n\r\n")
            #expect(await !plain.rest().contains("HTTP/"))
            let old = try await RawConnection.open(stage.port, tls: stage.tls { $0.maximumTLSVersion = .tlsv11 })
            old.send("GET /health HTTP/1.1\r\nhost: relay\r\n\r\n")
            #expect(await !old.rest().contains("HTTP/"))
            let last = try await RawConnection.open(stage.port, tls: stage.tls { $0.maximumTLSVersion = .tlsv12 })
            last.send("GET /health/liveness HTTP/1.1\r\nhost: relay\r\n\r\n")
            #expect(await last.reply()?.status == 200)
            last.disconnect()
        }
    }

    @Test("A connection that is open outlives its certificate, and the next is shown the new one")
    func replaced() async throws {
        try await withListener { stage in
            let request = "GET /tls/fingerprint HTTP/1.1\r\nhost: relay\r\n\r\n"
            let before = try stage.tls()
            let open = try await RawConnection.open(stage.port, tls: before)
            open.send(request)
            let first = await open.reply()
            try stage.folder.make(at: Self.now)
            _ = stage.certificate.look(at: Self.now)
            #expect(stage.certificate.look(at: Self.now) == .replaced(stage.certificate.facts))
            open.send(request)
            let second = await open.reply()
            #expect(first?.status == 200 && second?.status == 200)
            #expect(first?.body != second?.body)
            let stale = try await RawConnection.open(stage.port, tls: before)
            stale.send(request)
            #expect(await !stale.rest().contains("HTTP/"))
            let fresh = try await RawConnection.open(stage.port, tls: stage.tls())
            fresh.send(request)
            #expect(await fresh.reply()?.body == second?.body)
            for client in [open, fresh] { client.disconnect() }
        }
    }

    @Test("Where clients need a certificate, only those come in that have one of the right authority")
    func clientCertificates() async throws {
        try await CertificateFolder.with { clients in
            try clients.make(at: Self.now)
            try await withListener(authorities: clients.certificate) { _ in
            } _: { stage in
                let request = "GET /health/liveness HTTP/1.1\r\nhost: relay\r\n\r\n"
                let none = try await RawConnection.open(stage.port, tls: stage.tls())
                none.send(request)
                #expect(await !none.rest().contains("HTTP/"))
                let wrong = try await RawConnection.open(stage.port, tls: stage.tls(showing: stage.folder))
                wrong.send(request)
                #expect(await !wrong.rest().contains("HTTP/"))
                let right = try await RawConnection.open(stage.port, tls: stage.tls(showing: clients))
                right.send(request)
                #expect(await right.reply()?.status == 200)
                right.disconnect()
            }
        }
    }

    @Test("A relay shows its own certificate to another that asks for one")
    func relays() async throws {
        try await CertificateFolder.with { other in
            try other.make(at: Self.now)
            try await withListener(authorities: other.certificate) { _ in
            } _: { stage in
                let own = try ServedCertificate(other.source, at: Self.now)
                let node = try #require(NodeAddress("https://127.0.0.1:\(stage.port)"))
                let loop = MultiThreadedEventLoopGroup.singleton.next()
                func refusal(_ certificate: ServedCertificate?) async throws -> any Error {
                    let dialer = NodeDialer(authorities: stage.folder.certificate, certificate: certificate)
                    let opening = try await loop.submit {
                        NodeDialer.Opening({ _, _ in }, eventLoop: loop)
                    }.get()
                    do {
                        try await dialer.dial(node, "/no/tunnel", pass: "none", on: loop, opening)
                        return CancellationError()
                    } catch {
                        return error
                    }
                }
                // It has come as far as the relay's answer.
                #expect(try await refusal(own) is NodeRefusal)
                #expect(try await !(refusal(nil) is NodeRefusal))
            }
        }
    }

    fileprivate static let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000)
}

/// A listener under TLS, and what belongs to it.
private struct TLSStage {
    let port: Int
    let folder: CertificateFolder
    let certificate: ServedCertificate
    let memory: MemoryLedger

    /// What a client goes by that trusts the certificate that lies there now.
    func tls(
        showing own: CertificateFolder? = nil,
        _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(self.folder.certificate))
        if let own {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(own.certificate).map {
                .certificate($0)
            }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: own.key, format: .pem))
        }
        configuration.certificateVerification = .noHostnameVerification
        change(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    func until(_ isTrue: () -> Bool) async throws {
        while !isTrue() {
            try Task.checkCancellation()
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

private func withListener(
    authorities: String? = nil,
    _ configure: (inout RelayConfiguration) -> Void = { _ in },
    _ body: (TLSStage) async throws -> Void
) async throws {
    var configuration = RelayConfiguration.forTests
    configure(&configuration)
    try await CertificateFolder.with { folder in
        try folder.make(at: HandshakeTests.now)
        let source = CertificateSource(origin: folder.source.origin, authorities: authorities)
        let certificate = try ServedCertificate(source, at: HandshakeTests.now)
        try await withRelayParts(configuration, certificate: certificate) { parts, group, _ in
            let listener = try await Listener.bind(
                configuration.server,
                on: group,
                services: parts.services,
                certificate: certificate,
                http2: parts.http2
            )
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await parts.lane.run() }
                try await body(
                    TLSStage(
                        port: try #require(listener.channel.localAddress?.port),
                        folder: folder,
                        certificate: certificate,
                        memory: parts.services.memory
                    )
                )
                try await listener.channel.close()
                try await listener.drained.get()
                tasks.cancelAll()
            }
        }
    }
}
