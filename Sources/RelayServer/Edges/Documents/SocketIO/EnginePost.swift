import NIOCore
import NIOHTTP1
import RelayWire

/// A post to an Engine.IO session: a request that brings packets, and is answered once they are handled. So a client that polls sends no faster
/// than it is heard. Lives on its connection's loop.
final class EnginePost {
    private let exchange: Exchange
    private let session: LoopReference<EngineSession>

    init(_ exchange: Exchange, to session: LoopReference<EngineSession>) {
        self.exchange = exchange
        self.session = session
    }

    func begin() {
        do throws(SocketIOError) {
            let packets = try EnginePayload.packets(in: self.exchange.lendBody())
            self.exchange.activity = self
            let own = LoopReference(self, on: self.exchange.loop.eventLoop)
            self.session.tell { session in
                session.posted(packets) { isHandled in own.tell { $0.answer(isHandled) } }
            }
        } catch {
            self.session.tell { $0.receivedNonsense() }
            self.exchange.answer(Reply(EngineRefusal.badRequest))
        }
    }

    private func answer(_ isHandled: Bool) {
        guard isHandled else { return self.exchange.answer(Reply(EngineRefusal.badRequest)) }
        self.exchange.answer(Reply(.ok, headers: ["content-type": "text/html"], body: ByteBuffer(string: "ok")))
    }
}

extension EnginePost: ExchangeActivity {
    var isEndless: Bool { false }

    /// It can't be known what of it was handled.
    func cancelled() { self.session.tell { $0.end() } }

    func drained() {}

    func inputClosed() {}

    func tick(_ now: NIODeadline) {}

    func relayStopping() {}
}
