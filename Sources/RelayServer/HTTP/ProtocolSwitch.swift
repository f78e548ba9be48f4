import NIOCore

extension ChannelPipeline.SynchronousOperations {
    /// Takes HTTP's handlers out, and puts others in their place.
    ///
    /// The encoder goes before the others come: one of them may write at once, as a WebSocket does that opens while the relay stops.
    func replaceHTTP(_ connection: HTTPConnection, by handlers: [any ChannelHandler]) throws {
        _ = self.removeHandler(connection)
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
