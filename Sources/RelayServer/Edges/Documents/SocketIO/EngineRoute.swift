import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore

/// `GET` and `POST /socket.io/`: Engine.IO 4, over which clients of Socket.IO edit documents, as Zeal's do. By polls, by a WebSocket, or by a
/// WebSocket that takes over from polls.
final class EngineRoute: Route {
    static let path = "/socket.io/"

    private let services: DocumentServices
    private let sessions: EngineSessions

    init(_ services: DocumentServices, _ sessions: EngineSessions) {
        self.services = services
        self.sessions = sessions
    }

    /// Whose post it is decides how much of it is taken.
    func admit(_ exchange: Exchange) {
        guard exchange.head.method == .POST else {
            exchange.maxBodyBytes = 1_024
            return exchange.connection.admit(exchange)
        }
        self.findSession(of: exchange) { exchange, request, entry in
            guard request.transport == .polling else { return exchange.answer(Reply(EngineRefusal.badRequest)) }
            exchange.maxBodyBytes = StrangerGate.most
            if let session = entry.client, let principal = session.standingPrincipal(requiring: .read) {
                exchange.maxBodyBytes = self.services.sockets.maxMessageBytes
                exchange.admission = (session, principal)
            }
            exchange.connection.admit(exchange)
        }
    }

    let opensWebSockets = true

    func handle(_ exchange: Exchange) {
        do throws(EngineRefusal) {
            let request = try EngineRequest(exchange.head.method, query: exchange.query)
            guard exchange.services.gate.mayConnect(exchange.head) else { throw .forbidden }
            guard request.sid == nil else { return self.findSession(of: exchange) { self.goOn($0, $1, $2) } }
            switch request.transport {
            case .polling:
                self.services.access.admitAnybody(exchange, takingLimited: true) { self.open($0, $1) }
            case .webSocket: self.openSocket(exchange)
            }
        } catch {
            exchange.answer(Reply(error))
        }
    }

    // MARK: Sessions that are there

    /// Goes on with the session of a request. Others' requests don't find it: they come from elsewhere, and show no token of its user.
    private func findSession(
        of exchange: Exchange,
        then body: @escaping (Exchange, EngineRequest, EngineSessionEntry) -> Void
    ) {
        do throws(EngineRefusal) {
            let request = try EngineRequest(exchange.head.method, query: exchange.query)
            guard let entry = request.sid.flatMap({ self.sessions[$0] }) else { throw .unknownSession }
            // Its route has let it in when its head came.
            if exchange.admission != nil || entry.address == self.services.strangers.address(of: exchange) {
                return body(exchange, request, entry)
            }
            guard entry.hasOpener else { throw .unknownSession }
            self.services.access.admitAnybody(exchange, takingLimited: true) { exchange, session in
                guard entry.isOpened(by: session) else {
                    return exchange.answer(Reply(EngineRefusal.unknownSession))
                }
                body(exchange, request, entry)
            }
        } catch {
            exchange.answer(Reply(error))
        }
    }

    private func goOn(_ exchange: Exchange, _ request: EngineRequest, _ entry: EngineSessionEntry) {
        switch (request.transport, exchange.head.method) {
        case (.webSocket, _): self.probe(exchange, entry)
        case (.polling, .POST): EnginePost(exchange, to: entry.session).begin()
        case (.polling, _): EnginePoll(exchange, of: entry.session).begin()
        }
    }

    /// A WebSocket that is to take over from polls.
    private func probe(_ exchange: Exchange, _ entry: EngineSessionEntry) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse: exchange.answer(Reply(EngineRefusal.badRequest))
        case .accept(let headers):
            let gate = entry.client == nil ? StrangerGate(in: self.services.sockets.memory) : nil
            guard gate != nil || entry.client != nil else { return exchange.answer(.overloaded) }
            // The session has the place.
            self.services.sockets.upgrade(exchange, headers, holding: nil, behind: gate) {
                let socket = EngineSocket(isProbing: true, behind: gate, on: exchange.loop)
                socket.serve(entry.session)
                return socket
            }
        }
    }

    // MARK: New sessions

    private func takePlace(of session: Session?, for exchange: Exchange) -> ConnectionQuota.Place? {
        guard let session else { return self.services.strangers.takePlace(for: exchange) }
        return self.services.sockets.takePlace(of: session.account.id, for: exchange)
    }

    /// A session that polls.
    private func open(_ exchange: Exchange, _ opener: Session?) {
        guard let place = self.takePlace(of: opener, for: exchange) else { return }
        let memory = self.services.sockets.memory
        let charge =
            opener == nil
            ? memory.hold(StrangerGate.most, in: .strangers) : memory.hold(EngineSession.cost, in: .readers)
        guard let charge else { return exchange.answer(.overloaded) }
        let sid = EngineSessions.newID()
        let address = self.services.strangers.address(of: exchange)
        let session = EngineSession(
            sid,
            opener: opener,
            at: address,
            holding: place,
            charge: charge,
            over: nil,
            in: self.sessions,
            self.services,
            on: exchange.loop
        )
        let reference = LoopReference(session, on: exchange.loop.eventLoop)
        self.sessions.add(EngineSessionEntry(reference, address: address, opener: opener), as: sid)
        session.begin()
        EnginePoll(exchange, of: reference).begin()
    }

    /// A session that begins with its WebSocket, and ends with it.
    private func openSocket(_ exchange: Exchange) {
        switch WebSocketHandshake.evaluate(exchange.head) {
        case .refuse: exchange.answer(Reply(EngineRefusal.badRequest))
        case .accept(let headers):
            self.services.access.admitAnybody(exchange, takingLimited: true) { exchange, opener in
                guard let place = self.takePlace(of: opener, for: exchange) else { return }
                let gate = opener == nil ? StrangerGate(in: self.services.sockets.memory) : nil
                guard gate != nil || opener != nil else { return exchange.answer(.overloaded) }
                let socket = EngineSocket(isProbing: false, behind: gate, on: exchange.loop)
                let session = EngineSession(
                    EngineSessions.newID(),
                    opener: opener,
                    at: self.services.strangers.address(of: exchange),
                    holding: place,
                    charge: nil,
                    over: socket.reference,
                    in: nil,
                    self.services,
                    on: exchange.loop
                )
                socket.serve(LoopReference(session, on: exchange.loop.eventLoop))
                self.services.sockets.upgrade(exchange, headers, holding: nil, behind: gate) { socket }
            }
        }
    }
}
