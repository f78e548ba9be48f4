import NIOCore
import NIOHTTP1

extension ChannelPipeline.SynchronousOperations {
    /// Takes HTTP's handlers out, and puts others in their place.
    ///
    /// On a stream it is the connection alone. The encoder goes before the others come: one of them may write at once, as a WebSocket does that opens while the relay stops.
    func replaceHTTP(_ connection: HTTPConnection, by handlers: [any ChannelHandler]) throws {
        _ = self.removeHandler(connection)
        guard connection.stream == nil else { return try self.addHandlers([StreamBytes()] + handlers) }
        if let scanner = try? self.context(handlerType: RequestScanner.self) {
            _ = self.removeHandler(context: scanner)
        }
        let encoder = try self.context(handlerType: ResponseEncoder.self)
        let decoder = try self.context(handlerType: ByteToMessageHandler<RequestDecoder>.self)
        _ = self.removeHandler(context: encoder)
        try self.addHandlers(handlers)
        // Last, since it passes on what came after the request.
        _ = self.removeHandler(context: decoder)
    }
}

extension HTTPConnection {
    /// Says that the protocol changes, and hands the channel over to `handlers`.
    ///
    /// - Throws: where the peer sends nothing any more, or the pipeline is not as it was made; the channel must be closed then.
    func switchProtocol(headers: HTTPHeaders, handlers: [any ChannelHandler]) throws {
        guard let context = self.context, !self.isInputClosed else { throw ChannelError.ioOnClosedChannel }
        if let stream = self.stream {
            stream.openTunnel(headers)
        } else {
            let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
            self.encoder?.write(head, nil, promise: nil)
        }
        context.flush()
        self.phase = .closed
        self.leave()
        self.releaseRead()
        try context.pipeline.syncOperations.replaceHTTP(self, by: handlers)
        self.stream?.passOn()
    }
}
