import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// An event stream of a relay, read event by event.
final class TestEventStream {
    struct Event {
        var id: String?
        var name: String?
        var data: String?

        var object: [String: Any] {
            let json = try? JSONSerialization.jsonObject(with: Data((self.data ?? "").utf8))
            return json as? [String: Any] ?? [:]
        }
    }

    let connection: RawConnection
    /// Bytes of the chunks that came, not cut into lines yet.
    private var text = ByteBuffer()

    /// Opens the stream, which must be granted.
    init(_ relay: TestRelay, token: String, query: String, lastEventID: String? = nil) async throws {
        self.connection = try await .open(relay.port)
        let headers = lastEventID.map { ["Last-Event-ID: \($0)"] } ?? []
        self.connection.request("GET", "/sse?\(query)", token: token, headers: headers)
        let head = try #require(await self.connection.head())
        try #require(head.status == 200)
        #expect(head.headers["transfer-encoding"] == ["chunked"])
        // Its end is the connection's, as clients have to know that keep connections for later requests.
        #expect(head.headers["connection"] == ["close"])
    }

    /// - Returns: nil where the relay ends the stream.
    func next() async -> Event? {
        var event = Event()
        while let line = await self.line() {
            if line.isEmpty { return event }
            if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
            if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
            if line.hasPrefix("data: ") { event.data = String(line.dropFirst(6)) }
        }
        return nil
    }

    private func line() async -> String? {
        while true {
            if let end = self.text.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = self.text.readString(length: end - self.text.readerIndex)
                self.text.moveReaderIndex(forwardBy: 1)
                return line
            }
            guard let size = await self.connection.line().flatMap({ Int($0, radix: 16) }), size > 0,
                let chunk = await self.connection.take(size + 2)
            else { return nil }
            self.text.writeImmutableBuffer(chunk.getSlice(at: chunk.readerIndex, length: size) ?? chunk)
        }
    }
}
