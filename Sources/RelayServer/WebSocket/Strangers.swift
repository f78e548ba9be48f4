import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore

/// Clients that have opened a WebSocket and have not said yet who they are. They are bounded by address and in all, in what they may send, and
/// in time.
final class Strangers: Sendable {
    private let places: ConnectionQuota
    private let clients: ClientAddress
    /// How long they may take to say who they are.
    var patience: TimeAmount { self.time.current }
    private let time: Adjustable<TimeAmount>

    init(places: ConnectionQuota, clients: ClientAddress, patience: TimeAmount) {
        self.places = places
        self.clients = clients
        self.time = Adjustable(patience)
    }

    /// How many there may be from now on, and for how long. Who is there stays.
    func change(maxPerAddress: Int, maxInAll: Int, patience: TimeAmount) {
        self.places.change(maxPerUser: maxPerAddress)
        self.places.change(maxInAll: maxInAll)
        self.time.change(to: patience)
    }

    func address(of exchange: Exchange) -> String { self.clients.key(of: exchange) }

    /// A place among them, or says why not.
    func takePlace(for exchange: Exchange) -> ConnectionQuota.Place? {
        // A relay without such places has everybody show a token at once.
        guard self.places.maxPerUser > 0 else {
            exchange.answer(Reply(AccessError(.notAuthenticated)))
            return nil
        }
        guard let place = self.places.enter(address: self.address(of: exchange)) else {
            var reply = Reply(.tooManyRequests, detail: "Too many connections without a token")
            reply.headers.add(name: "retry-after", value: "5")
            exchange.answer(reply)
            return nil
        }
        return place
    }

    /// Opens the WebSocket of one, or says why not.
    ///
    /// - Parameters:
    ///   - headers: as ``WebSocketHandshake`` gave them.
    ///   - makeDialect: gets the gate, to be lifted once the client is known, and the client's address.
    func open(
        _ exchange: Exchange,
        _ headers: HTTPHeaders,
        over sockets: WebSocketServices,
        to makeDialect: (StrangerGate, String) -> any WebSocketDialect
    ) {
        let address = self.address(of: exchange)
        guard let place = self.takePlace(for: exchange) else { return }
        guard let gate = StrangerGate(in: sockets.memory) else { return exchange.answer(.overloaded) }
        sockets.upgrade(exchange, headers, holding: place, behind: gate) { makeDialect(gate, address) }
    }
}
