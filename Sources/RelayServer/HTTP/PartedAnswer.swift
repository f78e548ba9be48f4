import NIOCore
import NIOHTTP1
import RelayCore

/// Sends a reply whose body comes in parts. Lives on its connection's loop.
final class PartedAnswer: ExchangeActivity {
    private let exchange: Exchange
    private let status: HTTPResponseStatus
    private var rest: (any ReplyRest)?
    private var sent = 0
    private var isOver = false

    /// It has an end, so a peer that takes no byte of it is cut off in time.
    let isEndless = false

    init(_ exchange: Exchange, _ reply: Reply, _ rest: any ReplyRest) {
        self.exchange = exchange
        self.status = reply.status
        self.rest = rest
    }

    func start(_ reply: Reply) {
        self.exchange.connection.startParts(self.exchange, reply)
        self.send(reply.body)
    }

    private func send(_ part: ByteBuffer) {
        let eventLoop = self.exchange.loop.eventLoop
        self.sent += part.readableBytes
        // It exists already, so it can't be refused; there is one at a time.
        let charge = self.exchange.services.memory.holdAnyway(part.readableBytes, in: .answers)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let taken = eventLoop.makePromise(of: Void.self)
        taken.futureResult.whenComplete { result in
            withExtendedLifetime(charge) {}
            switch result {
            // In a later turn: the writer that has just written may still be at work.
            case .success: eventLoop.execute { bound.value.taken() }
            case .failure: break
            }
        }
        self.exchange.connection.writePart(part, taken)
    }

    private func taken() {
        guard !self.isOver else { return }
        guard let rest = self.rest else {
            self.isOver = true
            return self.exchange.answeredInParts(self.status, bytes: self.sent)
        }
        self.rest = nil
        self.exchange.suspend {
            do {
                return .success(try await rest.next())
            } catch {
                return .failure(error)
            }
        } then: { (result: Result<(part: ByteBuffer, rest: (any ReplyRest)?), any Error>) in
            guard !self.isOver else { return }
            switch result {
            case .success(let (part, rest)):
                self.rest = rest
                self.send(part)
            case .failure: self.abort()
            }
        } orElse: {
            self.abort()
        }
    }

    private func abort() {
        self.isOver = true
        self.exchange.connection.cutOff()
    }

    // MARK: From the connection

    func cancelled() { self.isOver = true }

    func drained() {}

    /// Who has left resets the connection at the next part.
    func inputClosed() {}

    func tick(_ now: NIODeadline) {}

    /// The client gets the rest: it is short, and the connection closes behind it.
    func relayStopping() {}
}
