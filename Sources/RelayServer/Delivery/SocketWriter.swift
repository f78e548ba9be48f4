import Glibc
import NIOCore
import NIOPosix

/// Gathers what one turn of the loop has for a connection, and writes it to the socket at once. It goes past the channel's own queue for
/// as long as that is empty.
///
/// A write through the channel costs a box, a walk through the pipeline, a place in a queue and a look at it. That is about as much as the
/// system call costs outside of the kernel. What the socket does not take goes the channel's way. So does everything after it, until the
/// channel has written it all. So bytes leave in the order of the calls. The channel's writability holds too, because little is gathered
/// beside it.
///
/// Part of a handler's state: lives on its loop. It is a class because the channel may read in the middle of a write or a flush, and
/// whoever reads may write. A struct would then be changed from within its own change.
final class SocketWriter {
    /// Gathered and not yet written. Larger pieces go to the channel, which says when they are too many.
    private var gathered = ByteBuffer()
    /// The socket; negative where there is none to write to directly.
    private var descriptor: CInt = SocketWriter.unknown
    /// Whether the channel has, or may have, bytes that are not written. At first it may: those of a protocol before this one.
    private(set) var isQueueing = true
    private let isToldOfEnd: Bool

    private static let unknown: CInt = -1
    private static let none: CInt = -2
    private static let maxGatheredBytes = 16 << 10

    /// - Parameters:
    ///   - isToldOfEnd: whether the owner calls ``end()`` as soon as the channel is closed, before it writes again. The writer
    ///     then need not ask the channel whether it is open. So a write to the socket touches neither context nor channel. Their memory is
    ///     mostly not in the processor's cache, and to wait for it is a good part of a delivery.
    ///   - usesChannelAlone: whether nothing may go past the channel, which changes what is sent: a connection under TLS.
    init(isToldOfEnd: Bool = false, usesChannelAlone: Bool = false) {
        self.isToldOfEnd = isToldOfEnd
        if usesChannelAlone { self.descriptor = Self.none }
    }

    /// Bytes that the next flush writes.
    ///
    /// - Parameter context: asked for only where the channel is needed. Nil once the handler is removed: what is written then is dropped.
    func add(_ bytes: ByteBuffer, _ context: @autoclosure () -> ChannelHandlerContext?) {
        let size = self.gathered.readableBytes
        if size + bytes.readableBytes > Self.maxGatheredBytes {
            if let context = context() { self.queue(bytes, context, nil) }
        } else if size == 0 {
            self.gathered = bytes
        } else {
            self.gathered.writeImmutableBuffer(bytes)
        }
    }

    /// Writes what was added.
    ///
    /// - Parameter context: as for ``add(_:_:)``.
    func flush(_ context: @autoclosure () -> ChannelHandlerContext?) {
        if self.gathered.readableBytes > 0 { self.send(context) }
        guard self.isQueueing, let context = context() else { return }
        self.queueGathered(context)
        context.flush()
    }

    /// Bytes that the channel is to write, with the next flush, behind what was added before.
    ///
    /// - Parameter promise: kept by the channel.
    func queue(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        self.queueGathered(context)
        self.isQueueing = true
        context.write(NIOAny(IOData.byteBuffer(bytes)), promise: promise)
    }

    /// The channel is closed: its descriptor may be another's by now.
    func end() {
        self.descriptor = Self.none
        self.isQueueing = true
        self.gathered = ByteBuffer()
    }

    private func queueGathered(_ context: ChannelHandlerContext) {
        guard self.gathered.readableBytes > 0 else { return }
        let bytes = self.gathered
        self.gathered = ByteBuffer()
        self.queue(bytes, context, nil)
    }

    // MARK: The socket

    private static let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)

    /// Hands the socket what was gathered. What it does not take is left to the channel, and so is whatever is wrong with it.
    private func send(_ context: () -> ChannelHandlerContext?) {
        guard self.mayPass(context) else { return self.isQueueing = true }
        while self.gathered.readableBytes > 0 {
            let count = unsafe self.gathered.withUnsafeReadableBytes { bytes in
                unsafe Glibc.send(self.descriptor, bytes.baseAddress, bytes.count, Self.flags)
            }
            if count > 0 {
                self.gathered.moveReaderIndex(forwardBy: count)
            } else if errno != EINTR {
                return self.isQueueing = true
            }
        }
        self.gathered = ByteBuffer()
    }

    /// Whether nothing is before what is written now, and the descriptor is the channel's.
    private func mayPass(_ context: () -> ChannelHandlerContext?) -> Bool {
        if self.isToldOfEnd, !self.isQueueing, self.descriptor >= 0 { return true }
        // A channel that is not active has no socket any more, and its descriptor may be another's by now.
        guard let channel = context()?.channel, channel.isActive else { return false }
        if self.descriptor == Self.unknown { self.descriptor = Self.descriptor(of: channel) }
        guard self.descriptor >= 0 else { return false }
        if self.isQueueing { self.isQueueing = Self.hasUnwrittenBytes(channel) }
        return !self.isQueueing
    }

    private static func descriptor(of channel: any Channel) -> CInt {
        let pipeline = channel.pipeline.syncOperations
        let descriptor = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        return (descriptor ?? nil) ?? Self.none
    }

    private static func hasUnwrittenBytes(_ channel: any Channel) -> Bool {
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) != 0
    }
}
