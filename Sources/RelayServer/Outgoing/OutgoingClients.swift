import AsyncHTTPClient
import NIOCore
import NIOSSL
import RelayCore
import Synchronization

/// The HTTP clients that requests go out by: one for each pair of a host and its address, since a client connects to the address that it was
/// made with and to no other.
///
/// Owner of them: its lock. The one that was used longest ago goes when there are too many.
final class OutgoingClients: Sendable {
    struct Place: Hashable, Sendable {
        let host: String
        /// In text form.
        let address: String
    }

    static let maxKept = 32
    /// At a time. Of these a user has a share.
    static let maxRequests = 256
    /// For one address: a host's others get their time, too.
    private static let connectPatience = TimeAmount.seconds(3)

    private struct Entry {
        let client: HTTPClient
        var uses = 0
        var lastUse: UInt64 = 0
    }

    private struct State {
        var entries: [Place: Entry] = [:]
        var uses = OutgoingShares(most: OutgoingClients.maxRequests)
        var lastUse: UInt64 = 0
        var isClosed = false
    }

    /// What is done after the lock.
    private struct Lease {
        let client: HTTPClient
        /// Shut down after the request: there was no place for it.
        let isAlone: Bool
        let old: HTTPClient?
    }

    private let group: any EventLoopGroup
    private let authorities: String?
    private let state = Mutex(State())

    /// - Parameter authorities: a PEM file of those whose certificates are believed; nil for the machine's.
    init(on group: any EventLoopGroup, authorities: String?) {
        self.group = group
        self.authorities = authorities
    }

    /// Lends the client of a place.
    ///
    /// - Parameter owner: for whom it is; nil for the relay itself.
    /// - Throws: `overloaded`, `closed`, and what `body` throws.
    func withClient<Value>(
        of place: Place,
        for owner: UserID?,
        _ body: (HTTPClient) async throws -> Value
    ) async throws -> Value {
        let lease = try self.state.withLock { try self.lease(place, for: owner, &$0) }
        if let old = lease.old { try? await old.shutdown() }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(lease.client))
        } catch {
            result = .failure(error)
        }
        self.state.withLock { state in
            state.uses.leave(owner)
            if !lease.isAlone { state.entries[place]?.uses -= 1 }
        }
        if lease.isAlone { try? await lease.client.shutdown() }
        return try result.get()
    }

    /// Ends all requests; there are none after it.
    func close() async {
        let clients = self.state.withLock { state in
            defer { state.entries = [:] }
            state.isClosed = true
            return state.entries.values.map(\.client)
        }
        for client in clients { try? await client.shutdown() }
    }

    private func lease(_ place: Place, for owner: UserID?, _ state: inout State) throws -> Lease {
        guard !state.isClosed else { throw OutgoingError.closed }
        guard state.uses.enter(owner) else { throw OutgoingError.overloaded }
        state.lastUse += 1
        if let entry = state.entries[place] {
            state.entries[place]?.uses += 1
            state.entries[place]?.lastUse = state.lastUse
            return Lease(client: entry.client, isAlone: false, old: nil)
        }
        let client = self.client(of: place)
        var old: HTTPClient?
        if state.entries.count >= Self.maxKept {
            let idle = state.entries.filter { $0.value.uses == 0 }.min { $0.value.lastUse < $1.value.lastUse }
            guard let idle else { return Lease(client: client, isAlone: true, old: nil) }
            old = idle.value.client
            state.entries[idle.key] = nil
        }
        state.entries[place] = Entry(client: client, uses: 1, lastUse: state.lastUse)
        return Lease(client: client, isAlone: false, old: old)
    }

    private func client(of place: Place) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        // A server is where it was said to be: what it is sent is for nobody else.
        configuration.redirectConfiguration = .disallow
        configuration.dnsOverride = [place.host: place.address]
        configuration.timeout.connect = Self.connectPatience
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.decompression = .disabled
        var tls = TLSConfiguration.makeClientConfiguration()
        if let authorities = self.authorities { tls.trustRoots = .file(authorities) }
        configuration.tlsConfiguration = tls
        return HTTPClient(eventLoopGroupProvider: .shared(self.group), configuration: configuration)
    }
}
