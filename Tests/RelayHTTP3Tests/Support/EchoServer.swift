import NIOCore
import QUICFixture
import RelayHTTP3
import RelayQUIC

/// A server of the tests: answers requests with what they send, and echoes the streams and datagrams of sessions at `/wt`. Those at `/hoard` it
/// answers at their end, and takes nothing of what they send. Lives on its connection's loop.
final class EchoServer {
    let connection: HTTP3Connection

    init(_ limits: HTTP3Limits) {
        self.connection = HTTP3Connection(limits)
        self.connection.handler = self
    }

    static func start(_ limits: HTTP3Limits, on loop: any EventLoop) async throws -> QUICListener {
        var settings = QUICSettings(applicationProtocols: ["h3"])
        settings.unidirectionalStreams = 20
        let configuration = QUICListener.Configuration(settings: settings, certificate: try TestCertificate.make())
        return try await QUICListener.bind(host: "127.0.0.1", port: 0, configuration, on: [loop]) { _ in
            EchoServer(limits).connection
        }
    }

    private final class Echo: HTTP3RequestHandler {
        func request(_ request: HTTP3Request, received bytes: ByteBuffer) {
            request.write(bytes, isLast: false)
            request.grant(bytes.readableBytes)
        }

        func requestEnded(_ request: HTTP3Request) { request.write(ByteBuffer(), isLast: true) }
        func requestReleased(_ request: HTTP3Request) {}
        func requestWasCancelled(_ request: HTTP3Request) {}
        func requestClosed(_ request: HTTP3Request) {}
    }

    private final class Hoard: HTTP3RequestHandler {
        func request(_ request: HTTP3Request, received bytes: ByteBuffer) {}
        func requestEnded(_ request: HTTP3Request) { request.write([HTTP3Field(":status", "413")], isLast: true) }
        func requestReleased(_ request: HTTP3Request) {}
        func requestWasCancelled(_ request: HTTP3Request) {}
        func requestClosed(_ request: HTTP3Request) {}
    }

    private final class Session: WebTransportSessionHandler, WebTransportStreamHandler {
        func session(_ session: WebTransportSession, accepted stream: WebTransportStream) { stream.handler = self }

        func session(_ session: WebTransportSession, received datagram: ByteBuffer) {
            // A word that ends the session.
            if datagram == ByteBuffer(string: "close") { return session.close(code: 9, reason: "as told") }
            session.send(datagram: datagram)
        }

        func sessionMayOpenStreams(_ session: WebTransportSession) {}
        func session(_ session: WebTransportSession, closedWith code: UInt32, _ reason: String) {}

        func stream(_ stream: WebTransportStream, received bytes: ByteBuffer, isLast: Bool) {
            stream.grant(bytes.readableBytes)
            if stream.isBidirectional { return stream.write(bytes, isLast: isLast) }
            // What comes one way goes back on a stream of its own.
            let answer = try? stream.session?.openUnidirectionalStream(self)
            answer?.write(bytes, isLast: true)
        }

        func streamReleased(_ stream: WebTransportStream) {}
        func streamWasCancelled(_ stream: WebTransportStream) {}
        func streamClosed(_ stream: WebTransportStream) {}
    }
}

extension EchoServer: HTTP3ConnectionHandler {
    func connection(_ connection: HTTP3Connection, received head: HTTP3RequestHead, of request: HTTP3Request) {
        guard head.path != "/hoard" else { return request.handler = Hoard() }
        request.handler = Echo()
        guard head.path == "/wt" else { return request.write([HTTP3Field(":status", "200")], isLast: false) }
        // Capsules that come with the head wait, as streams do.
        connection.transport?.eventLoop.assumeIsolated().execute {
            request.write([HTTP3Field(":status", "200")], isLast: false)
            _ = request.openSession(Session())
        }
    }

    func connection(_ connection: HTTP3Connection, foundTooLarge request: HTTP3Request) {
        request.handler = Echo()
        request.write([HTTP3Field(":status", "431")], isLast: true)
    }

    func connectionGaveUpStream(_ connection: HTTP3Connection) {}

    func connection(_ connection: HTTP3Connection, endedBy end: QUICEnd, _ violation: HTTP3Violation?) {
        // What holds the two together.
        _ = self
    }
}
