import NIOCore

extension ChannelPipeline.SynchronousOperations {
    /// Takes HTTP's handlers out, and puts others in their place.
    func replaceHTTP(_ connection: HTTPConnection, by handlers: [any ChannelHandler]) throws {
        try self.addHandlers(handlers)
        _ = self.removeHandler(connection)
        if let scanner = try? self.context(handlerType: RequestScanner.self) {
            _ = self.removeHandler(context: scanner)
        }
        let encoder = try self.context(handlerType: ResponseEncoder.self)
        let decoder = try self.context(handlerType: ByteToMessageHandler<RequestDecoder>.self)
        _ = self.removeHandler(context: encoder)
        // Last, since it passes on what came after the request.
        _ = self.removeHandler(context: decoder)
    }
}
