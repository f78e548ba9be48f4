import NIOCore
import NIOHTTP1
import NIOWebSocket
import RelayWire

/// `GET /v1/node/inquiry?ask=QUESTION`: what an administrator asked another relay of the store about this one. A WebSocket over which the
/// answer comes as one text.
///
/// For relays alone: the other one has made sure that an administrator asks, and shows a pass for just this question.
final class NodeInquiryRoute: Route {
    static let path = NodePass.inquiry

    private let nodes: RelayNodes
    private let sockets: WebSocketServices
    private let answer: @Sendable (String) async -> String

    /// - Parameter answer: answers a question; what it does not understand, with an empty text.
    init(nodes: RelayNodes, sockets: WebSocketServices, answer: @escaping @Sendable (String) async -> String) {
        self.nodes = nodes
        self.sockets = sockets
        self.answer = answer
    }

    func handle(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse(let reply): exchange.answer(reply)
        case .accept(let headers):
            guard let own = self.nodes.own, let question = QueryItems(exchange.query).first("ask") else {
                return exchange.answer(Reply(.notFound, detail: "No such question"))
            }
            let pass = NodePass(node: own.description, session: "", claim: .inquiry(question))
            guard self.nodes.admits(exchange, for: pass) else {
                return exchange.answer(Reply(.unauthorized, detail: "Not a pass for this question"))
            }
            let answer = self.answer
            self.sockets.upgrade(exchange, headers, holding: nil) { NodeAnswer { await answer(question) } }
        }
    }
}

/// This relay's answer to another's question. Lives on its connection's loop.
private final class NodeAnswer: WebSocketDialect {
    private let work: @Sendable () async -> String
    private var connection: WebSocketConnection?

    init(_ work: @escaping @Sendable () async -> String) {
        self.work = work
    }

    let idleReason: String? = nil

    var facts: ConnectionFacts? { ConnectionFacts(.node) }

    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        connection.suspend(self.work) { [weak self] answer in
            var bytes = ByteBuffer()
            WebSocketFraming.write(.text, ByteBuffer(string: answer), maskedBy: nil, into: &bytes)
            self?.connection?.send(bytes)
        }
    }

    /// The other relay says nothing, and closes when it has the answer.
    func received(text: ByteBuffer) {}

    func received(binary: ByteBuffer) {}

    func drained() {}

    func closed() { self.connection = nil }
}
