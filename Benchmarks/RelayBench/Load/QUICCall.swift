import NIOCore
import NIOPosix
import RelayQUIC

/// A connection of the load generator's over QUIC, to a server of this machine, whatever certificate that shows.
struct QUICCall: Sendable {
    typealias Accept = @Sendable (QUICStream) -> (any QUICStreamHandler)?

    let client: QUICClient
    let loop: any EventLoop

    /// Returns when the handshake is done.
    ///
    /// - Parameters:
    ///   - name: what is spoken, by its name in ALPN.
    ///   - accept: gives the server's streams their handlers; nil refuses one.
    static func open(
        port: Int,
        speaking name: String,
        from client: LoadClient,
        accept: @escaping Accept = { _ in nil }
    ) async throws -> QUICCall {
        let loop = client.group.next()
        let opened = loop.makePromise(of: Void.self)
        do {
            let caller = try await QUICClient.connect(
                to: SocketAddress(ipAddress: "127.0.0.1", port: port),
                QUICSettings(applicationProtocols: [name]),
                trusting: .unchecked,
                on: loop
            ) { CallHandler(opened: opened, accept: accept) }
            let call = QUICCall(client: caller, loop: loop)
            do {
                try await opened.futureResult.get()
            } catch {
                await call.close()
                throw error
            }
            return call
        } catch {
            // Where the connection has told that itself, this is one time too many, which counts for nothing.
            opened.fail(error)
            throw error
        }
    }

    /// Does something with the connection, on its loop.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (QUICConnection) throws -> Value) async throws -> Value {
        let connection = self.client.connection
        return try await self.loop.submit { try body(connection.value) }.get()
    }

    func close() async { await self.client.close(code: 0) }
}

/// Tells when a connection is open, and hands on its streams.
private final class CallHandler: QUICConnectionHandler {
    private let opened: EventLoopPromise<Void>
    private let accept: QUICCall.Accept

    init(opened: EventLoopPromise<Void>, accept: @escaping QUICCall.Accept) {
        self.opened = opened
        self.accept = accept
    }

    func connectionOpened(_ connection: QUICConnection) { self.opened.succeed() }

    func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream) {
        stream.handler = self.accept(stream)
    }

    func connection(_ connection: QUICConnection, endedBy end: QUICEnd) {
        self.opened.fail(LoadError.connectionEnded("\(end)"))
    }
}
