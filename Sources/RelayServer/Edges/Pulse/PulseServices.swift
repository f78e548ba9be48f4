import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire
import Synchronization

/// What connections of Pulse's clients work with: the same for all.
final class PulseServices: Sendable {
    /// What holds for each connection, fixed while the relay runs.
    struct Limits: Sendable {
        /// Of a payload that is published. In bytes.
        let maxPayloadBytes: Int
        /// Of a frame without the length in front, whatever it holds. In bytes.
        let maxFrameBytes: Int
        /// The same for a guest, who has shown no token: as much as a publish of the largest payload takes. In bytes.
        let maxGuestFrameBytes: Int
        /// Of a publish's event. In bytes.
        static let maxEventBytes = 1_024
        /// A client that has said nothing for so long is pinged.
        let heartbeat: TimeAmount
        /// The connection of a client that has said nothing for so long is closed. Longer than ``heartbeat``.
        let timeout: TimeAmount

        func maxFrameBytes(isGuest: Bool) -> Int { isGuest ? self.maxGuestFrameBytes : self.maxFrameBytes }
    }

    let access: RequestAccess
    let joiner: Joiner
    let publisher: Publisher
    let presence: PulsePresence
    let sockets: WebSocketServices
    /// For guests: their messages are bounded by ``Limits/maxGuestFrameBytes``.
    let guestSockets: WebSocketServices
    let strangers: Strangers
    /// Nil where everybody has to show a token.
    let guests: PulseGuests?
    let limits: Limits
    /// Channels that one connection may subscribe to.
    var maxSubscriptions: Int { self.mostSubscriptions.current }
    private let mostSubscriptions: Adjustable<Int>
    let counts: PulseMetrics

    init(
        access: RequestAccess,
        joiner: Joiner,
        publisher: Publisher,
        presence: PulsePresence,
        sockets: WebSocketServices,
        guestSockets: WebSocketServices,
        strangers: Strangers,
        guests: PulseGuests?,
        limits: Limits,
        maxSubscriptions: Adjustable<Int>,
        counts: PulseMetrics
    ) {
        self.access = access
        self.joiner = joiner
        self.publisher = publisher
        self.presence = presence
        self.sockets = sockets
        self.guestSockets = guestSockets
        self.strangers = strangers
        self.guests = guests
        self.limits = limits
        self.mostSubscriptions = maxSubscriptions
        self.counts = counts
    }

    var clock: RelayClock { self.publisher.broker.clock }
    var metrics: EdgeMetrics { self.publisher.metrics }
}

/// Lets people in without a token: they act as a user whom the operator has named, and may do what that user was granted.
final class PulseGuests: Sendable {
    private let name: String
    private let authenticator: Authenticator
    private let users: any UserStore
    /// Of the user, once it was found. All guests share it, since it holds nothing of any one guest.
    private let known = Mutex<Session?>(nil)
    /// Of such people, by address.
    let places: ConnectionQuota
    let clients: ClientAddress

    init(
        as name: String,
        authenticator: Authenticator,
        users: any UserStore,
        places: ConnectionQuota,
        clients: ClientAddress
    ) {
        self.name = name
        self.authenticator = authenticator
        self.users = users
        self.places = places
        self.clients = clients
    }

    /// - Returns: nil where there is no such user at the moment, or it may read nothing. A failure where that can't be found out.
    func session() async -> Result<Session?, AccessError> {
        if let known = self.known.withLock({ $0 }), known.standingPrincipal(requiring: .read) != nil {
            return .success(known)
        }
        do throws(AccessError) {
            guard let user = try await self.user, let account = try await self.authenticator.account(of: user.id) else {
                return .success(nil)
            }
            let session = Session(guestOf: account)
            guard session.standingPrincipal(requiring: .read) != nil else { return .success(nil) }
            self.known.withLock { $0 = session }
            return .success(session)
        } catch {
            return .failure(error)
        }
    }

    private var user: User? {
        get async throws(AccessError) {
            do throws(StoreError) {
                return try await self.users.user(named: self.name)
            } catch {
                throw AccessError(error)
            }
        }
    }
}
