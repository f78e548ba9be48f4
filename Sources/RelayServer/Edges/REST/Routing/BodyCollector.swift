import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Takes a router's response body as one buffer, and what follows it in parts.
final class BodyCollector: Sendable {
    private let collected = Mutex(ByteBuffer())
    private let following = Mutex<(any ReplyRest)?>(nil)

    var bytes: ByteBuffer { self.collected.withLock { $0 } }
    var rest: (any ReplyRest)? { self.following.withLock { $0 } }

    var writer: any ResponseBodyWriter { Writer(collector: self) }

    /// What a route's reply is to the router: its first part, and the rest as it is.
    static func body(of reply: Reply) -> ResponseBody {
        guard let rest = reply.rest else { return ResponseBody(byteBuffer: reply.body) }
        return ResponseBody { writer in
            try await writer.write(reply.body)
            if let collector = (writer as? Writer)?.collector { collector.following.withLock { $0 = rest } }
            try await writer.finish(nil)
        }
    }

    private struct Writer: ResponseBodyWriter {
        let collector: BodyCollector

        func write(_ buffer: ByteBuffer) async throws {
            self.collector.collected.withLock { _ = $0.writeImmutableBuffer(buffer) }
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
