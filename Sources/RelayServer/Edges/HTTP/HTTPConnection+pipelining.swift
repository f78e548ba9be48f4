import NIOCore
import NIOHTTP1

/// What a peer sends behind a request that is not answered yet. Bounded by what the socket's reads of one turn bring: the next
/// are held back until then.
struct PipelinedInput {
    enum Event {
        case part(HTTPServerRequestPart)
        case malformed(HTTPParserError)
    }

    /// In the order in which they came.
    private var events = CircularBuffer<Event>(initialCapacity: 0)
    /// Whether somebody asked for a read that was held back.
    var isReadHeld = false
    /// Whether they are being taken out, further up the stack.
    var isBeingTaken = false

    var isEmpty: Bool { self.events.isEmpty }

    mutating func add(_ event: Event) { self.events.append(event) }

    mutating func next() -> Event? { self.events.popFirst() }

    mutating func drop() { self.events = CircularBuffer(initialCapacity: 0) }
}

/// One request at a time.
extension HTTPConnection {
    /// Whether a complete request has no complete answer yet.
    private var isAnswerDue: Bool {
        switch self.phase {
        case .holding, .answering: true
        case .idle, .receiving, .lingering, .discarding, .closed: false
        }
    }

    private var mustWait: Bool { self.isAnswerDue || !self.pipelined.isEmpty }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        switch part {
        case .head(let head): self.isLastDecoded = !head.keepsConnection
        case .body: break
        case .end: self.hasDecodedRequest = !self.isLastDecoded
        }
        self.arrived(part)
    }

    private func arrived(_ part: HTTPServerRequestPart) {
        if self.mustWait { self.pipelined.add(.part(part)) } else { self.received(part) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError { self.hasDecoderFailed = true }
        // What comes behind a broken request must not cut short its answer.
        if case .discarding = self.phase { return }
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        if self.mustWait { self.pipelined.add(.malformed(error)) } else { self.received(error) }
    }

    func read(context: ChannelHandlerContext) {
        if self.isAnswerDue { self.pipelined.isReadHeld = true } else { context.read() }
    }

    /// A response is written: takes what came behind its request, up to the next that is not answered at once, and flushes all
    /// their answers together.
    func goOn() {
        guard !self.pipelined.isBeingTaken else { return }
        self.pipelined.isBeingTaken = true
        while !self.isAnswerDue, let event = self.pipelined.next() {
            switch event {
            case .part(let part): self.received(part)
            case .malformed(let error): self.received(error)
            }
        }
        self.pipelined.isBeingTaken = false
        if !self.isAnswerDue { self.releaseRead() }
        self.context?.flush()
    }

    /// Asks for the read that was held back.
    func releaseRead() {
        guard self.pipelined.isReadHeld else { return }
        self.pipelined.isReadHeld = false
        self.context?.read()
    }
}

extension HTTPConnection: ScannedRequestReceiver {
    func received(_ request: RequestHeadScanner.Request) {
        self.arrived(.head(request.head))
        self.arrived(.body(request.body))
        self.arrived(.end(nil))
    }
}
