import Foundation
import NIOCore
import NIOPosix

/// This process's standard input and output as a program at the end of a tunnel.
///
/// They may be files, pipes, sockets or a terminal, of which an event loop can't watch all, and may be shared with other programs, which would
/// not expect them to stop blocking. So threads carry the bytes to a socket pair.
public struct StandardPipe: Sendable {
    /// The end for the tunnel.
    public let local: TunnelLocal
    private let written: EventLoopFuture<Void>

    /// Starts to read standard input.
    ///
    /// - Throws: the system's error where there are no more descriptors or threads.
    public static func open() async throws -> StandardPipe {
        var ends: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw IOError(errnoCode: errno, reason: "socketpair")
        }
        let (near, far) = (ends[0], ends[1])
        let group = MultiThreadedEventLoopGroup.singleton
        let local = try await ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .withConnectedSocket(near) { channel in
                channel.eventLoop.makeCompletedFuture { try TunnelLocal(channel) }
            }
        // Never shut down: a thread may wait for standard input until the process ends.
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        let loop = group.any()
        threads.submit { _ in
            Self.copy(from: STDIN_FILENO, to: far)
            _ = shutdown(far, Int32(SHUT_WR))
        }
        let written = threads.runIfActive(eventLoop: loop) {
            Self.copy(from: far, to: STDOUT_FILENO)
            // Whoever reads standard output has enough: the other end is to know.
            _ = shutdown(far, Int32(SHUT_RDWR))
        }
        return StandardPipe(local: local, written: written)
    }

    /// Waits until everything that came through the tunnel is on standard output. Only to be called once the tunnel is done.
    public func drain() async throws { try await self.written.get() }

    /// Until the first ends, or the second takes no more.
    private static func copy(from source: Int32, to target: Int32) {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe read(source, &bytes, bytes.count)
            if count < 0, Self.mayTryAgain(source, POLLIN) { continue }
            guard count > 0 else { return }
            var start = 0
            while start < count {
                let taken = unsafe bytes.withUnsafeBytes {
                    unsafe write(target, $0.baseAddress! + start, count - start)
                }
                if taken < 0, Self.mayTryAgain(target, POLLOUT) { continue }
                guard taken > 0 else { return }
                start += taken
            }
        }
    }

    /// Waits where the descriptor does not block, as one that another program has set so.
    private static func mayTryAgain(_ descriptor: Int32, _ events: Int32) -> Bool {
        guard errno == EAGAIN else { return errno == EINTR }
        var wanted = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return unsafe poll(&wanted, 1, -1) >= 0 || errno == EINTR
    }
}
