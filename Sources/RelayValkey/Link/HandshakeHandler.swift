import NIOCore

/// Says who the client is when its connection is up, and leaves the pipeline when the server has agreed to all of it.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var handshake: Handshake
    private let reader: ReplyReader
    /// Called once. After a failure the connection closes.
    private var report: ((any Channel, Result<Void, ValkeyError>) -> Void)?

    init(
        _ configuration: ValkeyConfiguration,
        report: @escaping (any Channel, Result<Void, ValkeyError>) -> Void
    ) {
        self.handshake = Handshake(configuration)
        self.reader = ReplyReader(limits: configuration.replyLimits)
        self.report = report
    }

    func channelActive(context: ChannelHandlerContext) {
        for command in self.handshake.commands {
            guard let encoded = command.encoded else { continue }
            context.write(self.wrapOutboundOut(encoded), promise: nil)
        }
        context.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(ValkeyError) {
            try self.reader.feed(self.unwrapInboundIn(data))
            while self.report != nil, let reply = try self.reader.next() { try self.received(reply, context) }
        } catch {
            self.fail(context, error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(context, .disconnected(mayHaveRun: false))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(context, error as? ValkeyError ?? .disconnected(mayHaveRun: false, cause: error))
    }

    private func received(_ reply: ValkeyReply, _ context: ChannelHandlerContext) throws(ValkeyError) {
        switch self.handshake.received(reply) {
        case .wait: return
        case .finished: try self.finish(context)
        case .refused(let error): throw .refused(error)
        case .notReady(let error): throw .server(error)
        case .violation: throw .protocolViolation("an answer to the handshake that is none")
        }
    }

    private func finish(_ context: ChannelHandlerContext) throws(ValkeyError) {
        guard !self.reader.hasPartialReply else { throw .protocolViolation("more answers than questions") }
        guard let report = self.report else { return }
        self.report = nil
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        report(context.channel, .success(()))
    }

    private func fail(_ context: ChannelHandlerContext, _ error: ValkeyError) {
        guard let report = self.report else { return }
        self.report = nil
        report(context.channel, .failure(error))
        context.close(promise: nil)
    }
}
