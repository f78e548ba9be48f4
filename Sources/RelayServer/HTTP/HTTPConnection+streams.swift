import Glibc
import NIOCore
import NIOHTTP1

/// What needs nothing of the connection but its channel.
extension HTTPConnection {
    var channel: (any Channel)? { self.context?.channel }

    var isWritable: Bool { self.context?.channel.isWritable ?? false }

    /// Begins a response of unknown length; ``writePart(_:)`` goes on with it.
    func startStream(_ exchange: Exchange, headers: HTTPHeaders) {
        var response = HTTPResponseHead(version: exchange.head.version, status: .ok, headers: headers)
        // It ends with the stream. A client that is not told would send its next request on it, which nobody answers.
        response.headers.add(name: "connection", value: "close")
        self.decorate(&response.headers, for: exchange)
        self.context?.writeAndFlush(self.wrapOutboundOut(.head(response)), promise: nil)
    }

    func writePart(_ bytes: ByteBuffer) {
        self.outstanding.wrote()
        self.context?.write(self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    /// Begins a reply whose body comes in parts, see ``PartedAnswer``. HTTP/1.0 knows its end by the connection's.
    func startParts(_ exchange: Exchange, _ reply: Reply) {
        var head = HTTPResponseHead(version: exchange.head.version, status: reply.status, headers: reply.headers)
        if self.isLast(exchange) || exchange.head.version != .http1_1 {
            head.headers.add(name: "connection", value: "close")
        }
        self.decorate(&head.headers, for: exchange)
        self.context?.write(self.wrapOutboundOut(.head(head)), promise: nil)
    }

    /// Whether the answer is complete, its connection goes on, and nothing about it depends on the request.
    func isUsual(_ reply: Reply, _ exchange: Exchange) -> Bool {
        !reply.closes && reply.lengthOfHead == nil && reply.status.mayHaveResponseBody && !exchange.facts.hasOrigin
            && exchange.head.version == .http1_1 && exchange.head.method == .POST && !self.isLast(exchange)
    }

    /// Writes such an answer, without a head that is made only to be written.
    func writeUsual(_ reply: Reply, _ exchange: Exchange) {
        guard let encoder = self.encoder else { return }
        self.outstanding.wrote()
        let date = self.loop?.current?.connections.date(at: exchange.started)
        encoder.write(reply, date: date, requestID: exchange.requestID)
        self.goOn()
    }

    /// Whether the connection ends with the answer to this request.
    func isLast(_ exchange: Exchange?) -> Bool {
        let hearsMore = self.hasMore || !self.isInputClosed && !self.decoder.isDeaf
        return self.isShuttingDown || !hearsMore || !(exchange?.keepsConnection ?? false)
    }

    func flush() {
        self.context?.flush()
    }

    /// There is no room for the beginning of the next request, where one has come. The connection ends after the current one. It ends at
    /// once where that has no end, or becomes another protocol, whose bytes those are.
    func endHearing(behind exchange: Exchange) {
        guard self.decoder.pendingBytes > 0, let context = self.context else { return }
        if exchange.isEndless || exchange.facts.asksForUpgrade { return context.close(promise: nil) }
        self.decoder.endHearing(context)
    }

    /// Adds what every response has.
    func decorate(_ headers: inout HTTPHeaders, for exchange: Exchange?) {
        if let date = self.loop?.current?.connections.date(at: exchange?.started ?? .now()) {
            headers.add(name: "date", value: date)
        }
        if self.isEncrypted, let alternative = self.services.alternative {
            headers.add(name: "alt-svc", value: alternative)
        }
        guard let exchange else { return }
        headers.add(name: "x-request-id", value: exchange.requestID)
        if exchange.facts.hasOrigin { self.services.gate.decorate(&headers, for: exchange.head) }
    }

    /// Lets a client that waits for it send its body. To all others it says nothing, as RFC 9110 has it.
    func sayContinue(to exchange: Exchange) {
        let head = HTTPResponseHead(version: exchange.head.version, status: .continue)
        self.outstanding.wrote()
        self.context?.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
    }

    /// - Returns: completes when all before it is written.
    func writeNothing(_ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: written)
        return written.futureResult
    }
}

extension HTTPConnection: AnsweringConnection {
    func flushAnswers() { self.context?.flush() }
}

extension Channel {
    /// Tells for how long nothing was sent to the peer; nil where the system does not say. On the channel's loop.
    func withSilence(_ body: @escaping (TimeAmount?) -> Void) {
        guard let socket = self as? any SocketOptionProvider else { return }
        socket.getTCPInfo().assumeIsolated().whenComplete { result in
            body((try? result.get().tcpi_last_data_sent).map { .milliseconds(Int64($0)) })
        }
    }

    /// Sends our end of the stream, and closes when the peer has had a moment to read it.
    func close(after written: EventLoopFuture<Void>) {
        written.whenComplete { _ in
            self.close(mode: .output, promise: nil)
            self.eventLoop.scheduleTask(in: .milliseconds(250)) { self.close(promise: nil) }
        }
    }
}
