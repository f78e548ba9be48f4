import NIOCore
import NIOHPACK
import NIOHTTP2
import RelayCore

/// One HTTP/2 connection, whose streams carry the requests: each stream is a channel with an ``HTTPConnection`` of its own. This has what
/// concerns them all: who may open another one, how long the connection may be idle, and how it ends.
///
/// Lives on its loop.
final class HTTP2Connection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private enum Phase {
        /// The client's settings are awaited. Left when they come.
        case greeting
        case open
        /// No streams are opened any more. Left when the last one ends.
        case draining
        /// The client was told to go, and why: nothing it sends is heard.
        case over
    }

    let services: HTTPServices
    private let http2: HTTP2Services
    var watch = FrameWatch(at: .now())
    var outstanding = Outstanding()
    private var context: ChannelHandlerContext?
    private var loop: DeliveryLoop?
    private var phase = Phase.greeting
    private var streams = 0
    private var lastStream = HTTP2StreamID.rootStream
    /// When the client has to have sent its settings, or another request.
    private var deadline = NIODeadline.distantFuture
    private var charge = RequestCharge()
    /// By what its streams and its floods are counted.
    private var key: String?
    private var isGone = false

    init(_ services: HTTPServices, _ http2: HTTP2Services) {
        self.services = services
        self.http2 = http2
    }

    var metrics: HTTP2Metrics { self.services.metrics.http2 }

    /// Sets up the pipeline of a connection behind its handshake.
    static func configure(_ channel: any Channel, _ services: HTTPServices, _ http2: HTTP2Services) throws {
        let connection = HTTP2Connection(services, http2)
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        let frames = NIOHTTP2Handler(
            mode: .server,
            eventLoop: channel.eventLoop,
            connectionConfiguration: http2.limits.connection,
            streamConfiguration: http2.limits.stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture { try bound.value.configureStream(stream) }
        }
        // The last one comes first: it has to be there when the others begin.
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(connection)
        try pipeline.addHandler(frames, position: .before(connection))
        try pipeline.addHandler(FramePort(connection), position: .before(frames))
        connection.begin()
    }

    private func configureStream(_ stream: any Channel) throws {
        let handler = StreamHandler(self)
        let connection = HTTPConnection(services: self.services, stream: handler)
        try stream.pipeline.syncOperations.addHandlers([handler, connection])
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.leave()
        context.fireChannelInactive()
    }

    private func begin() {
        guard let context = self.context else { return }
        self.key = self.http2.key(of: context.channel)
        self.services.metrics.connectionOpened(isHTTP2: true)
        self.metrics.connectionOpened()
        self.deadline = .now() + self.services.timeouts.header
        let loop = self.services.loops[context.eventLoop]
        self.loop = loop
        guard self.http2.admits(self.key) else {
            self.metrics.connectionEnded(.refused)
            return self.end(.enhanceYourCalm)
        }
        loop.current?.connections.add(self)
    }

    private func leave() {
        guard !self.isGone else { return }
        self.isGone = true
        self.phase = .over
        _ = self.charge.set(0, of: .strangers, in: self.services.memory)
        self.metrics.connectionClosed()
        self.loop?.current?.connections.remove(self)
    }

    /// Whether nothing that the client sends is heard any more.
    var isOver: Bool { if case .over = self.phase { true } else { false } }

    // MARK: Streams

    /// - Returns: nil where the client has to try again later.
    func takePlace() -> ConnectionQuota.Place? {
        guard let place = self.http2.enter(self.key) else {
            self.metrics.streamRefused()
            return nil
        }
        return place
    }

    func streamOpened(_ stream: any Channel) {
        self.streams += 1
        self.deadline = .distantFuture
        if let id = try? stream.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID) {
            self.lastStream = max(self.lastStream, id)
        }
    }

    func streamClosed() {
        self.streams -= 1
        guard self.streams == 0 else { return }
        switch self.phase {
        case .greeting, .open: self.deadline = .now() + self.services.timeouts.idle
        case .draining: self.end(.noError)
        case .over: break
        }
    }

    // MARK: Frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data).payload {
        case .settings:
            guard case .greeting = self.phase else { return }
            self.phase = .open
            if self.streams == 0 { self.deadline = .now() + self.services.timeouts.idle }
        // The client opens no more streams.
        case .goAway: self.drain()
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.inputClosed() }
        context.fireUserInboundEventTriggered(event)
    }

    /// What a stream's client has done wrong is told on the stream, and ends it. What the connection's has, was told by the library, see
    /// ``wroteGoAway(_:)``.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // The library calls it something else on the wire.
        case is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock, is NIOHPACKErrors.MaxHeaderListSizeViolation:
            self.http2.flooded(self.key)
        default: break
        }
    }

    /// A frame that says that the connection ends was written, by the library or by this.
    func wroteGoAway(_ code: UInt32) {
        guard !self.isOver, code != 0 else { return }
        if HTTP2ErrorCode(networkCode: Int(code)) == .enhanceYourCalm {
            self.countFlood()
        } else {
            self.metrics.connectionEnded(.malformed)
        }
        self.close()
    }

    /// The client sends more than it may.
    func flooded() {
        guard !self.isOver else { return }
        self.countFlood()
        self.end(.enhanceYourCalm)
    }

    private func countFlood() {
        self.metrics.connectionEnded(.flood)
        self.http2.flooded(self.key)
    }

    // MARK: Its end

    /// Lets no more streams come, and ends with the last one.
    private func drain() {
        switch self.phase {
        case .greeting, .open: break
        case .draining, .over: return
        }
        guard self.streams > 0 else { return self.end(.noError) }
        self.phase = .draining
        self.write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil))
    }

    /// The client sends nothing more. One that still listens gets its answers. One that has left looks alike until something is written: its
    /// system refuses that, and the connection ends with all streams.
    private func inputClosed() {
        guard !self.isOver else { return }
        guard self.streams > 0 else { return self.end(.noError) }
        self.phase = .draining
        self.write(.goAway(lastStreamID: self.lastStream, errorCode: .noError, opaqueData: nil))
    }

    /// Tells the client to go, and why. What was answered before still goes out.
    private func end(_ code: HTTP2ErrorCode) {
        guard !self.isOver else { return }
        let last = code == .noError ? self.lastStream : .rootStream
        // Before the write, which tells of itself.
        self.phase = .over
        self.write(.goAway(lastStreamID: last, errorCode: code, opaqueData: nil))
        self.close()
    }

    private func write(_ payload: HTTP2Frame.FramePayload) {
        let frame = HTTP2Frame(streamID: .rootStream, payload: payload)
        self.context?.writeAndFlush(self.wrapOutboundOut(frame), promise: nil)
    }

    /// Leaves the client a moment to read why. The library may still be at work on what it has told.
    private func close() {
        self.phase = .over
        guard let context = self.context else { return }
        let channel = context.channel
        context.eventLoop.execute { channel.close(after: channel.eventLoop.makeSucceededVoidFuture()) }
    }

    /// Charges what waits for the rest of a head or a frame.
    func account() {
        guard !self.isOver else { return }
        guard self.charge.set(self.watch.waitingBytes, of: .strangers, in: self.services.memory) else {
            return self.end(.enhanceYourCalm)
        }
    }
}

extension HTTP2Connection: LoopConnection {
    var isEncrypted: Bool { true }

    var channel: (any Channel)? { self.context?.channel }

    func tick(_ now: NIODeadline) -> NIODeadline {
        self.outstanding.count(of: self.channel, since: nil, self.services.memory)
        let isLate = self.watch.waitingSince.map { now - $0 > self.services.timeouts.header } ?? false
        switch self.phase {
        case .over: break
        case .greeting where now > self.deadline: self.endSlow()
        case .open where isLate, .draining where isLate:
            self.http2.flooded(self.key)
            self.endSlow()
        case .greeting, .open, .draining: if now > self.deadline { self.end(.noError) }
        }
        return now
    }

    private func endSlow() {
        self.metrics.connectionEnded(.slow)
        self.end(.enhanceYourCalm)
    }

    func cutOff() { self.context?.close(promise: nil) }

    func shutDown() { self.drain() }
}
