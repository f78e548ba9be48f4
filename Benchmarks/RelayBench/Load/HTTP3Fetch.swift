import NIOCore
import RelayQUIC

/// A connection of HTTP/3, with what it takes to fetch from a server: the client's control stream with settings, which are none, and requests.
struct HTTP3Fetch: Sendable {
    static let name = "h3"

    let call: QUICCall

    init(port: Int, from client: LoadClient) async throws {
        // What the server says on its control stream and those of QPACK is passed over.
        self.call = try await QUICCall.open(port: port, speaking: Self.name, from: client) { _ in QUICDrain() }
        do {
            try await self.call.onLoop { connection in
                let control = try connection.openUnidirectionalStream(QUICDrain())
                // The stream's type, and a frame of SETTINGS without any.
                control.write(ByteBuffer(bytes: [0x00, 0x04, 0x00]))
            }
        } catch {
            await self.call.close()
            throw error
        }
    }

    /// Returns when so many bytes of the answer have come. What frames them is counted among them.
    func get(_ path: String, bytes: Int) async throws {
        let loop = self.call.loop
        let connection = self.call.client.connection
        try await loop.flatSubmit {
            let done = loop.makePromise(of: Void.self)
            do {
                let drain = QUICDrain()
                drain.expect(bytes, done)
                try connection.value.openStream(drain).write(HTTP3Request.get(path).bytes, isLast: true)
            } catch {
                done.fail(error)
            }
            return done.futureResult
        }.get()
    }

    func close() async { await self.call.close() }
}
