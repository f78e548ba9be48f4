import NIOCore
import Testing

/// A client of Hocuspocus' protocol.
final class HocuspocusClient {
    struct Message: Equatable, CustomStringConvertible {
        let address: String
        let body: [UInt8]

        init(_ address: String, _ body: [UInt8]) {
            self.address = address
            self.body = body
        }

        var description: String { "\(self.address.debugDescription) \(self.body)" }
    }

    let socket: TestWebSocket

    /// - Parameter token: shown when the WebSocket is opened.
    init(_ relay: TestRelay, token: String? = nil) async throws {
        self.socket = try await TestWebSocket(port: relay.port, "/collab", token: token)
    }

    func send(_ address: String, _ body: [UInt8]) { self.send(DocumentBytes.text(address) + body) }

    func send(_ bytes: [UInt8]) { self.socket.send(0x82, ByteBuffer(bytes: bytes)) }

    func authenticate(_ address: String, _ token: String) {
        self.send(address, [2, 0] + DocumentBytes.text(token) + DocumentBytes.text("4.5.0"))
    }

    /// The next message; nil where the relay closes the connection.
    func next() async -> Message? {
        guard let frame = await self.socket.next(), frame.opcode == 2 else { return nil }
        var bytes = Array(frame.payload.readableBytesView)
        let address = DocumentBytes.takeBlock(&bytes)
        return Message(String(decoding: address, as: UTF8.self), bytes)
    }

    /// The next message of a type; what comes before it is dropped.
    func next(_ type: UInt8) async -> Message? {
        while let message = await self.next() { if message.body.first == type { return message } }
        return nil
    }

    /// The code that the relay closes with.
    func closeCode() async -> UInt16? {
        while let frame = await self.socket.next() { if frame.opcode == 8 { return frame.closeCode } }
        return nil
    }

    /// Enters a document, and waits until it knows what the relay has.
    ///
    /// - Returns: the update that it lacked.
    @discardableResult
    func enter(_ address: String, _ token: String = "", vector: [UInt8] = [0]) async throws -> [UInt8] {
        self.authenticate(address, token)
        self.send(address, DocumentBytes.step1(vector))
        while let message = await self.next() {
            guard message.address == address else { continue }
            try #require(message.body.prefix(2) != [2, 1], "not let in: \(message)")
            guard message.body.prefix(2) == [0, 1] else { continue }
            var rest = Array(message.body.dropFirst(2))
            return DocumentBytes.takeBlock(&rest)
        }
        throw Ended()
    }

    struct Ended: Error {}

    func disconnect() { self.socket.connection.disconnect() }
}

extension HocuspocusClient.Message {
    static func accepted(_ address: String, _ scope: String = "read-write") -> Self {
        Self(address, [2, 2] + DocumentBytes.text(scope))
    }

    static func denied(_ address: String, _ reason: String) -> Self {
        Self(address, [2, 1] + DocumentBytes.text(reason))
    }

    static func closed(_ address: String, _ reason: String) -> Self {
        Self(address, [7] + DocumentBytes.text(reason))
    }

    static func status(_ address: String, _ isApplied: UInt8) -> Self { Self(address, [8, isApplied]) }
}
