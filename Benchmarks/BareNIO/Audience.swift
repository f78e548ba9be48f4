import NIOCore
import NIOPosix

/// Everybody who is connected to `/ws`, by event loop.
struct Audience: Sendable {
    private let loops: [NIOLoopBoundBox<LoopAudience>]

    init(loops group: MultiThreadedEventLoopGroup) {
        self.loops = group.makeIterator().map { loop in
            NIOLoopBoundBox.makeBoxSendingValue(LoopAudience(), eventLoop: loop)
        }
    }

    /// Each loop writes to, and flushes, all its connections in one go at the end of its turn.
    func send(_ frame: ByteBuffer) {
        for loop in self.loops {
            if loop.eventLoop.inEventLoop {
                Self.append(frame, on: loop)
            } else {
                loop.eventLoop.execute { Self.append(frame, on: loop) }
            }
        }
    }

    private static func append(_ frame: ByteBuffer, on loop: NIOLoopBoundBox<LoopAudience>) {
        if loop.value.append(frame) {
            loop.eventLoop.execute { loop.value.flush() }
        }
    }

    /// - Returns: the connections of the loop that calls.
    func here(_ eventLoop: any EventLoop) -> LoopAudience? {
        self.loops.first { $0.eventLoop === eventLoop }?.value
    }
}
