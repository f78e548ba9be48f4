import NIOCore

/// One connection of a relay to its Valkey, and the one that carries it on. Both are on one event loop.
final class LinkConnection {
    let relay: any Channel
    let server: any Channel
    /// Known from its first command of that kind on.
    fileprivate(set) var isSubscription = false

    init(relay: any Channel, server: any Channel) {
        self.relay = relay
        self.server = server
    }

    func cut() {
        self.relay.close(promise: nil)
        self.server.close(promise: nil)
    }

    /// Nothing passes any more, and no end is told.
    func freeze() {
        for channel in [self.relay, self.server] {
            channel.setOption(.autoRead, value: false).assumeIsolated().whenComplete { _ in }
        }
    }
}

/// Passes on what comes at one end, under the conditions of the moment, and the end too.
final class LinkPipe: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Source {
        case relay, server
    }

    private let connection: LinkConnection
    private let source: Source
    private let conditions: () -> LinkConditions
    private var pace = LinkPace()
    private var filter = NewsFilter()

    init(_ connection: LinkConnection, from source: Source, conditions: @escaping () -> LinkConditions) {
        self.connection = connection
        self.source = source
        self.conditions = conditions
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let conditions = self.conditions()
        let bytes = self.looked(at: self.unwrapInboundIn(data), conditions)
        let loop = context.eventLoop
        let due = self.pace.pass(bytes.readableBytes, conditions, now: loop.now, random: .random(in: 0...1))
        let other = self.source == .relay ? self.connection.server : self.connection.relay
        guard due > loop.now else { return other.writeAndFlush(bytes, promise: nil) }
        loop.scheduleTask(deadline: due) { other.writeAndFlush(bytes, promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connection.cut()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.connection.cut()
    }

    private func looked(at bytes: ByteBuffer, _ conditions: LinkConditions) -> ByteBuffer {
        switch self.source {
        case .relay:
            if !self.connection.isSubscription, String(buffer: bytes).contains("SUBSCRIBE\r\n") {
                self.connection.isSubscription = true
            }
            return bytes
        case .server where self.connection.isSubscription:
            return self.filter.passed(bytes, losesNews: conditions.losesNews)
        case .server:
            return bytes
        }
    }
}
