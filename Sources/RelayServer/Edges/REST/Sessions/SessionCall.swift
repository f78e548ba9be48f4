import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// What the routes of sessions work with.
struct SessionEdgeServices: Sendable {
    let service: SessionService
    let joins: FailedJoins
    let anonymous: AnonymousSessions
    /// Where peers find STUN and TURN.
    let iceServers: ICEServers
    let paths: PathLedger
    let latency: RendezvousMetrics
    /// Nil where there is no QUIC relay.
    let quic: QUICOffer?
    /// Largest request body, bytes. Clients without an account send such.
    let maxBodyBytes: Int
}

/// A request about sessions.
struct SessionCall: Sendable {
    private let call: RESTCall
    let services: SessionEdgeServices

    init(_ call: RESTCall, _ services: SessionEdgeServices) {
        self.call = call
        self.services = services
    }

    var service: SessionService { self.services.service }
    var now: Timestamp { self.call.now }
    var uptime: NIODeadline { self.call.services.broker.clock.uptime() }
    var query: QueryItems { self.call.query }

    /// The session that the path names.
    var id: SessionID {
        get throws(SessionFailure) {
            guard let id = SessionID(self.call.parameter("session_id")) else { throw .refused(.sessionUnknown) }
            return id
        }
    }

    /// A segment of the path, decoded.
    func pathText(_ name: String) -> String {
        let sent = self.call.parameter(name)
        return sent.removingPercentEncoding ?? sent
    }

    var idempotencyHeaders: [String] {
        HTTPField.Name("Idempotency-Key").map { self.call.request.headers[values: $0] } ?? []
    }

    /// Whose the request is, for counting.
    var address: String { ClientAddress.key(self.call.clientAddress) }

    /// Where a WebSocket can be opened, by the name under which the client has reached the relay.
    var socketURL: String? {
        self.call.reachedHost.map { "\($0.isSecure ? "wss" : "ws")://\($0.authority)/ws" }
    }

    /// Where the QUIC relay is; null where there is none.
    var relay: JSONTree { self.services.quic?.tree(reachedAt: self.call.reachedHost?.authority) ?? .null }

    /// An object without fields where nothing was sent.
    func fields<Fields>(
        _ names: [String],
        _ make: (inout RequestFields) -> Fields?
    ) async throws -> Fields {
        let body = try await self.call.body()
        let json = body.readableBytes == 0 ? ByteBuffer(string: "{}") : body
        return try RequestFields.decode(json, names: names, make)
    }

    // MARK: Who asks

    /// An account, acting as one of its peers where it says so, or who holds a ticket.
    func member() async throws(AccessError) -> Principal {
        try await self.call.member().acting(as: self.query.first("client_id"))
    }

    /// An account; nil where no token was sent. A ticket is none.
    func account() async throws(AccessError) -> Principal? {
        guard let member = try await self.call.memberIfNamed() else { return nil }
        guard member.peer?.ticket == nil else { throw AccessError(.accountRequired) }
        return member
    }
}
