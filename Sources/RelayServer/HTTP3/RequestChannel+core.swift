import NIOCore
import NIOHTTP1
import Synchronization

// What NIO asks of a channel. There is no socket behind this one, so most of it can't be done.

extension RequestChannel: Channel {
    var localAddress: SocketAddress? { nil }
    var parent: (any Channel)? { nil }
    var isWritable: Bool { self.writable.load(ordering: .relaxed) }
    var isActive: Bool { self.active.load(ordering: .relaxed) }
    var _channelCore: any ChannelCore { self }

    /// It has none: all of a channel's bounds are fixed here.
    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        self.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }

    func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        self.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
}

extension RequestChannel: ChannelCore {
    func localAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }

    func remoteAddress0() throws -> SocketAddress {
        guard let address = self.remoteAddress else { throw ChannelError.operationUnsupported }
        return address
    }

    func register0(promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }

    func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }

    func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }

    func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard self.isActive else { return promise?.fail(ChannelError.ioOnClosedChannel) ?? () }
        switch self.unwrapData(data, as: HTTPServerResponsePart.self) {
        case .head(let head): self.begin(head, promise)
        case .body(.byteBuffer(let bytes)): self.add(bytes, promise)
        case .body(.fileRegion): preconditionFailure("the relay sends no files")
        case .end: self.end(promise)
        }
    }

    func flush0() {
        self.send(endsStream: false)
        self.showRoom()
    }

    func read0() { self.askedForMore() }

    func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        self.close(mode)
        promise?.succeed()
    }

    func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }

    /// What no handler takes is for nobody.
    func channelRead0(_ data: NIOAny) {}

    func errorCaught0(error: any Error) {}
}
