import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import ProgramFixture

/// A TCP connection to a relay that sends whatever it is told to, and takes what comes apart by hand.
///
/// Belongs to the one task that opened it.
final class RawConnection {
    let channel: any Channel
    private var incoming: AsyncStream<ByteBuffer>.Iterator
    /// What has come and was not taken yet.
    private(set) var buffer = ByteBuffer()

    private init(_ channel: any Channel, _ incoming: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.incoming = incoming.makeAsyncIterator()
    }

    /// - Parameters:
    ///   - reads: false leaves what the relay sends in the socket until ``startReading()``.
    ///   - tls: nil for bytes as they are. The handshake has not begun when this returns.
    static func open(_ port: Int, reads: Bool = true, tls: NIOSSLContext? = nil) async throws -> RawConnection {
        let (incoming, sink) = AsyncStream<ByteBuffer>.makeStream()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(ByteInlet(sink: sink))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        return RawConnection(channel, incoming)
    }

    func startReading() async throws {
        try await self.channel.setOption(.autoRead, value: true).get()
        self.channel.read()
    }

    /// A relay that has closed already takes nothing: that is seen when its answer is read.
    func send(_ bytes: ByteBuffer) {
        self.channel.writeAndFlush(bytes, promise: nil)
    }

    /// Throws where the relay has closed by then.
    func sendAll(_ text: String) async throws {
        try await self.channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    func send(_ text: String) {
        self.send(ByteBuffer(string: text))
    }

    /// Ends this side of the connection, and reads on.
    func endInput() async throws {
        try await self.channel.close(mode: .output).get()
    }

    /// Gives up at once; what the relay has sent is not read.
    func disconnect() {
        self.channel.close(promise: nil)
    }

    /// Resets the connection, as systems do for a program that dies with unread bytes.
    func breakOff() async throws {
        try await (self.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await self.channel.close().get()
    }

    // MARK: Taking

    /// Waits for more bytes.
    ///
    /// - Returns: false where the relay has closed.
    private func fill() async -> Bool {
        guard let bytes = await self.incoming.next(isolation: #isolation) else { return false }
        self.buffer.writeImmutableBuffer(bytes)
        return true
    }

    /// - Returns: nil where the relay closes before so many have come.
    func take(_ count: Int) async -> ByteBuffer? {
        while self.buffer.readableBytes < count { guard await self.fill() else { return nil } }
        self.buffer.discardReadBytes()
        return self.buffer.readSlice(length: count)
    }

    /// The next line, without its end.
    func line() async -> String? {
        while true {
            if let end = self.buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = self.buffer.readString(length: end - self.buffer.readerIndex) ?? ""
                self.buffer.moveReaderIndex(forwardBy: 1)
                return line.hasSuffix("\r") ? String(line.dropLast()) : line
            }
            guard await self.fill() else { return nil }
        }
    }

    /// Everything until the relay closes.
    func rest() async -> String {
        while await self.fill() {}
        return self.buffer.readString(length: self.buffer.readableBytes) ?? ""
    }
}
