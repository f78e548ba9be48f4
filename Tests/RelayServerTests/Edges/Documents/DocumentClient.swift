import NIOCore
import RelayDocuments
import Testing

/// A client of y-protocols that may break every rule.
final class DocumentClient {
    /// What a relay says, taken apart.
    enum Said: Equatable {
        case step1([UInt8])
        case step2([UInt8])
        case update([UInt8])
        case awareness([AwarenessEntry])
        case denied(String)
        case closed(UInt16?)
    }

    /// The letter with this number that a client types at the end of the text `t`.
    ///
    /// - Parameters: each less than 128.
    static func letter(_ number: UInt8, of client: UInt8 = 1) -> [UInt8] {
        let text = [1, UInt8(ascii: "a") + number % 26]
        guard number > 0 else { return [1, 1, client, 0, 4, 1, 1, UInt8(ascii: "t")] + text + [0] }
        return [1, 1, client, number, 0x84, client, number - 1] + text + [0]
    }

    let socket: TestWebSocket

    init(_ relay: TestRelay, _ name: String, token: String? = nil) async throws {
        self.socket = try await TestWebSocket(port: relay.port, "/yjs/\(name)", token: token)
    }

    /// Opens, and takes what both say then.
    static func synced(
        _ relay: TestRelay,
        _ name: String,
        token: String? = nil
    ) async throws -> DocumentClient {
        let client = try await DocumentClient(relay, name, token: token)
        client.send([0, 0, 1, 0])
        while let said = await client.next() { if case .step2 = said { return client } }
        Issue.record("no step 2")
        return client
    }

    func send(_ message: [UInt8]) { self.socket.send(0x82, ByteBuffer(bytes: message)) }

    func send(update: [UInt8]) { self.send(DocumentFrame.update(update)) }

    func next() async -> Said? {
        guard let frame = await self.socket.next() else { return nil }
        if frame.opcode == 8 { return .closed(frame.closeCode) }
        let bytes = Array(frame.payload.readableBytesView)
        var offset = 0
        guard frame.opcode == 2, let message = try? DocumentMessage.next(in: bytes.span, at: &offset),
            offset == bytes.count
        else {
            Issue.record("no message of y-protocols, or more than one: \(bytes)")
            return nil
        }
        switch message {
        case .step1(let range): return .step1(Array(bytes[range]))
        case .step2(let range): return .step2(Array(bytes[range]))
        case .update(let range): return .update(Array(bytes[range]))
        case .awareness(let range):
            return .awareness((try? AwarenessUpdate(Array(bytes[range])))?.entries ?? [])
        case .denied(let range): return .denied(String(decoding: bytes[range], as: UTF8.self))
        case .queryAwareness, .unknown: return nil
        }
    }

    /// The next that is no keep-alive.
    func word() async -> Said? {
        while let said = await self.next() { if said != .awareness([]) { return said } }
        return nil
    }

    /// Takes what comes until all of these updates are there, in however few messages.
    func receive(_ updates: [UInt8]...) async {
        var content = DocumentState()
        while !updates.allSatisfy({ (try? content.hasAll(of: $0.span)) == true }) {
            guard let said = await self.word() else {
                Issue.record("not all updates came")
                return
            }
            if case .update(let update) = said { _ = try? content.apply(update) }
        }
    }

    /// The code that the relay closes with; nil where it closes without one.
    func closeCode() async -> UInt16? {
        while let said = await self.next() { if case .closed(let code) = said { return code } }
        return nil
    }

    /// What the document has now.
    func content() async throws -> DocumentState {
        self.send([0, 0, 1, 0])
        while let said = await self.next() {
            guard case .step2(let update) = said else { continue }
            var content = DocumentState()
            _ = try content.apply(update)
            return content
        }
        Issue.record("no answer to a step 1")
        return DocumentState()
    }

    func leave() { self.socket.connection.disconnect() }
}
