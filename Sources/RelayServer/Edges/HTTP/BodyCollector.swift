import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Takes a router's response body as one buffer.
final class BodyCollector: Sendable {
    private let collected = Mutex(ByteBuffer())

    var bytes: ByteBuffer { self.collected.withLock { $0 } }

    var writer: any ResponseBodyWriter { Writer(collector: self) }

    private struct Writer: ResponseBodyWriter {
        let collector: BodyCollector

        func write(_ buffer: ByteBuffer) async throws {
            self.collector.collected.withLock { _ = $0.writeImmutableBuffer(buffer) }
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
