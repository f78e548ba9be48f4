import NIOCore
import RelayQUIC

/// A stream in one direction that the peer has opened, for as long as it is not a session's. Lives on its connection's loop.
final class PeerStream: QUICStreamHandler {
    let transport: QUICStream
    let began = NIODeadline.now()
    private let connection: HTTP3Connection
    private var reader = PeerStreamReader()
    /// Whether it has not said yet what it is.
    private(set) var isUndecided = true

    init(_ transport: QUICStream, _ connection: HTTP3Connection) {
        self.transport = transport
        self.connection = connection
    }

    var id: UInt64 { self.transport.id }
    var heldBytes: Int { self.reader.heldBytes }

    func refuse(_ code: HTTP3ErrorCode) { self.transport.stop(code: code.rawValue) }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        do throws(HTTP3Violation) {
            for event in try self.reader.receive(bytes) {
                self.isUndecided = false
                try self.connection.received(event, on: self)
                // The rest is another's.
                if case .session = event { return self.found(stream, isLast) }
            }
            if isLast { try self.reader.ended() }
            stream.grant(stream.owed - self.reader.heldBytes)
        } catch {
            self.connection.failed(error)
        }
    }

    /// It was a session's stream, whose content came with its beginning.
    private func found(_ stream: QUICStream, _ isLast: Bool) {
        guard let found = stream.handler as? WebTransportStream else { return }
        found.begin(isLast: isLast)
    }

    func stream(_ stream: QUICStream, released count: Int) {}

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {
        do throws(HTTP3Violation) {
            try self.reader.ended()
        } catch {
            self.connection.failed(error)
        }
    }

    func streamWasStopped(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream) { self.connection.closed(self) }
}
