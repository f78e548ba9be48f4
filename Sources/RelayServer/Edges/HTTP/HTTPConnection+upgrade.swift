import NIOCore
import NIOHTTP1

extension HTTPConnection {
    /// Answers with 101 and hands the channel over: HTTP's handlers leave, `handlers` take their place.
    ///
    /// - Throws: where the pipeline is not as it was made; the channel must be closed then.
    func switchProtocol(
        _ exchange: Exchange,
        headers: HTTPHeaders,
        handlers: [any ChannelHandler]
    ) throws {
        guard let context = self.context else { throw ChannelError.ioOnClosedChannel }
        let pipeline = context.pipeline.syncOperations
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        self.encoder.write(head, nil, promise: nil)
        context.flush()
        self.handOver()
        try pipeline.addHandlers(handlers)
        _ = pipeline.removeHandler(self)
        if let scanner = try? pipeline.context(handlerType: RequestScanner.self) {
            _ = pipeline.removeHandler(context: scanner)
        }
        let encoder = try pipeline.context(handlerType: ResponseEncoder.self)
        let decoder = try pipeline.context(handlerType: ByteToMessageHandler<RequestDecoder>.self)
        _ = pipeline.removeHandler(context: encoder)
        // Last, since it passes on what came after the request.
        _ = pipeline.removeHandler(context: decoder)
    }
}
