import Foundation
import NIOCore
import NIOPosix

/// Stands in front of a relay and passes every byte on, with one exception: the fifth message on each of its WebSockets is dropped,
/// or sent twice.
struct FaultyFront {
    enum Fault: String, Sendable {
        case drops, repeats
    }

    /// Serves while `body` runs.
    static func run(_ fault: Fault, before port: Int, _ body: (_ port: Int) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { client in self.join(client, to: port, fault) }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        do {
            try await body(listener.localAddress?.port ?? 0)
        } catch {
            try await listener.close().get()
            throw error
        }
        try await listener.close().get()
    }

    /// Nothing is read from the client before the relay is connected.
    private static func join(_ client: any Channel, to port: Int, _ fault: Fault) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop)
            .channelInitializer { relay in
                relay.eventLoop.makeCompletedFuture {
                    try relay.pipeline.syncOperations.addHandler(Pipe(to: client, corruption: MessageFault(fault)))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { relay in
                try client.pipeline.syncOperations.addHandler(Pipe(to: relay, corruption: nil))
            }
    }
}

/// Passes on what comes to another channel of the same event loop, and the end too.
private final class Pipe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private var corruption: MessageFault?

    init(to other: any Channel, corruption: MessageFault?) {
        self.other = other
        self.corruption = corruption
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.other.writeAndFlush(self.corruption?.passed(bytes) ?? bytes, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// What becomes of the bytes that a relay sends on one connection: once it is a WebSocket, its frames are told apart, and
/// the fifth message is not passed on as it is.
struct MessageFault {
    private let fault: FaultyFront.Fault
    private var isSocket = false
    private var waiting = ByteBuffer()
    private var messages = 0

    init(_ fault: FaultyFront.Fault) {
        self.fault = fault
    }

    mutating func passed(_ bytes: ByteBuffer) -> ByteBuffer {
        self.waiting.writeImmutableBuffer(bytes)
        var passed = ByteBuffer()
        if !self.isSocket {
            guard let end = self.headEnd else {
                defer { self.waiting.clear() }
                return self.waiting
            }
            self.isSocket = true
            passed = self.waiting.readSlice(length: end) ?? ByteBuffer()
        }
        while let frame = self.nextFrame() { self.pass(frame, to: &passed) }
        self.waiting.discardReadBytes()
        return passed
    }

    /// Behind the head of an answer that upgrades; it comes in one piece.
    private var headEnd: Int? {
        let text = String(buffer: self.waiting)
        guard text.hasPrefix("HTTP/1.1 101"), let range = text.range(of: "\r\n\r\n") else { return nil }
        return text[..<range.upperBound].utf8.count
    }

    /// A relay's frames are not masked.
    private mutating func nextFrame() -> ByteBuffer? {
        let start = self.waiting.readerIndex
        guard let short = self.waiting.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        let length: Int?
        switch short {
        case 126: length = self.waiting.getInteger(at: start + 2, as: UInt16.self).map { 4 + Int($0) }
        case 127: length = self.waiting.getInteger(at: start + 2, as: UInt64.self).map { 10 + Int($0) }
        default: length = 2 + Int(short)
        }
        return length.flatMap { self.waiting.readSlice(length: $0) }
    }

    private mutating func pass(_ frame: ByteBuffer, to passed: inout ByteBuffer) {
        let isMessage = String(buffer: frame).contains(#""type":"message""#)
        if isMessage { self.messages += 1 }
        guard isMessage, self.messages == 5 else { return _ = passed.writeImmutableBuffer(frame) }
        switch self.fault {
        case .drops: break
        case .repeats:
            passed.writeImmutableBuffer(frame)
            passed.writeImmutableBuffer(frame)
        }
    }
}
