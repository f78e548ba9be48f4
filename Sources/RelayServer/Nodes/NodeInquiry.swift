import NIOCore
import NIOWebSocket
import RelayCore
import RelayWire
import Synchronization

/// A question to another relay: a WebSocket over which its answer comes as one text. Lives on its connection's loop.
final class NodeInquiry: WebSocketDialect {
    /// Why there is no answer.
    struct Failure: Error {}

    /// For the connection and the answer together.
    static let patience = TimeAmount.seconds(10)

    private var answer: EventLoopPromise<ByteBuffer>?
    private var connection: WebSocketConnection?

    /// - Parameter answer: completed with the answer, or when there will be none.
    init(_ answer: EventLoopPromise<ByteBuffer>) {
        self.answer = answer
    }

    let idleReason: String? = nil

    var facts: ConnectionFacts? { ConnectionFacts(.node) }

    func opened(_ connection: WebSocketConnection) { self.connection = connection }

    func received(text: ByteBuffer) {
        self.answer.take()?.succeed(text)
        self.connection?.close(.normalClosure, "")
    }

    func received(binary: ByteBuffer) {}

    func drained() {}

    func closed() {
        self.connection = nil
        self.answer.take()?.fail(Failure())
    }
}

extension RelayNodes {
    /// Asks another relay.
    ///
    /// - Parameters:
    ///   - question: what its ``NodeInquiryRoute`` understands.
    ///   - sockets: take as long an answer as may come.
    /// - Throws: where it can't be reached, does not answer in time, or is not the relay that it was.
    func ask(
        _ question: String,
        at node: NodeAddress,
        on loop: DeliveryLoop,
        _ sockets: WebSocketServices
    ) async throws -> ByteBuffer {
        let eventLoop = loop.eventLoop
        let answer = eventLoop.makePromise(of: ByteBuffer.self)
        let timer = eventLoop.scheduleTask(in: NodeInquiry.patience) { answer.fail(NodeInquiry.Failure()) }
        defer { timer.cancel() }
        let pass = NodePass(node: node.description, session: "", claim: .inquiry(question))
        do {
            try await eventLoop.flatSubmit {
                let opening = sockets.opening(on: loop) { NodeInquiry(answer) }
                return eventLoop.makeFutureWithTask { try await self.open(pass, at: node, on: eventLoop, opening) }
            }.get()
        } catch {
            answer.fail(error)
        }
        return try await answer.futureResult.get()
    }
}
