import Crypto
import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

/// A server of TURN whose relayed address is 198.18.0.1, and clients that ask it. Time and chance are the test's.
final class TURNExchange {
    static let relayed = IPAddress.v4(0xC612_0001)
    static let peer = TransportAddress(.v4(0x0808_0808), port: 5_000)
    static let credentials = TURNCredentials(sharedSecret: "shared with nobody")
    /// In seconds since 1970.
    static let wall: Int64 = 1_700_000_000

    var server: TURNServer
    var buckets = SourceBuckets(perSecond: 0)
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var transactions: UInt64 = 0

    /// - Parameter path: see ``TURNServer``.
    init(
        limits: TURNLimits = TURNLimits(),
        allowed: [String] = [],
        path: @escaping @Sendable (String, String) -> (any RelayedPath)? = { _, _ in nil }
    ) {
        self.server = TURNServer(
            relayed: Self.relayed,
            policy: PeerPolicy(
                relayed: Self.relayed,
                own: [.v4(0xC000_0205), Self.relayed],
                allowed: allowed.compactMap { IPRange($0) }
            ),
            limits: limits,
            authentication: TURNAuthentication(
                credentials: Self.credentials,
                nonces: TURNNonces(secret: SymmetricKey(data: [UInt8](repeating: 7, count: 32))),
                wallClock: { Self.wall }
            ),
            random: SeededGenerator(seed: 1),
            path: path
        ) { _ in TrafficBucket(bytesPerSecond: limits.bytesPerSecond) }
    }

    static func client(_ port: UInt16 = 40_000, link: Int = 1) -> TURNClient {
        TURNClient(address: TransportAddress(.v4(0xC633_6407), port: port), link: link)
    }

    static func username(_ id: String = "alice", end: Int64 = wall + 600) -> String { "\(end):\(id)" }

    func nonce(of client: TURNClient = client()) -> String {
        TURNNonces(secret: SymmetricKey(data: [UInt8](repeating: 7, count: 32))).issue(to: client.address, at: self.now)
    }

    /// A message with a transaction id of its own, signed if there is a user name.
    func message(
        _ method: STUNMessageType.Method,
        of client: TURNClient = client(),
        username: String? = username(),
        nonce: String? = nil,
        integrity: STUNIntegrity = .sha1,
        transaction: UInt64? = nil,
        _ add: (inout STUNMessageWriter) -> Void = { _ in }
    ) -> ByteBuffer {
        self.transactions += 1
        var writer = STUNMessageWriter(
            STUNMessageType(method, .request),
            STUNTransaction(high: 9, low: transaction ?? self.transactions)
        )
        add(&writer)
        if let username {
            writer.add(.username, text: username)
            writer.add(.realm, text: TURNCredentials.realm)
            writer.add(.nonce, text: nonce ?? self.nonce(of: client))
            let key = Self.credentials.key(of: username)
            writer.sign(integrity) { integrity.code(of: $0, key: key) }
        }
        return writer.bytes
    }

    func decide(_ bytes: ByteBuffer, of client: TURNClient = client(), isStream: Bool = false) throws -> TURNDecision {
        let arrival = DatagramArrival(
            bytes: bytes,
            source: client.address,
            local: STUNExchange.local,
            isStream: isStream,
            link: client.link
        )
        return self.server.decide(try STUNMessage(bytes), arrival, &self.buckets, at: self.now)
    }

    /// The answer, which must be one, as a message.
    func answer(_ bytes: ByteBuffer, of client: TURNClient = client()) throws -> STUNMessage {
        guard case .answer(let answer) = try self.decide(bytes, of: client) else {
            throw NoAnswer()
        }
        return try STUNMessage(answer)
    }

    /// The code of the error that is answered; nil for a success.
    func error(_ bytes: ByteBuffer, of client: TURNClient = client()) throws -> Int? {
        try self.answer(bytes, of: client).errorCode()?.code
    }

    struct NoAnswer: Error {}

    /// The answer once the slot's port is open.
    func opened(_ slot: Int) -> ByteBuffer? { self.server.opened(slot, at: self.now) }

    func expire() -> [Int] { self.server.expire(at: self.now) }

    static func udp(_ writer: inout STUNMessageWriter) { writer.add(.requestedTransport, leading: 17 as UInt8) }

    /// Makes an allocation, and opens its port.
    @discardableResult
    func allocate(
        _ client: TURNClient = client(),
        username: String = username(),
        _ add: (inout STUNMessageWriter) -> Void = { _ in }
    ) throws -> (slot: Int, port: UInt16) {
        let request = self.message(.allocate, of: client, username: username) {
            Self.udp(&$0)
            add(&$0)
        }
        guard case .open(let slot, let port) = try self.decide(request, of: client) else { throw NoAnswer() }
        _ = self.server.opened(slot, at: self.now)
        return (slot, port)
    }

    func permit(
        _ peer: TransportAddress,
        for client: TURNClient = client(),
        username: String = username()
    ) throws -> Int? {
        try self.error(
            self.message(.createPermission, of: client, username: username) { $0.add(.xorPeerAddress, address: peer) },
            of: client
        )
    }

    func bind(_ number: UInt16, to peer: TransportAddress, for client: TURNClient = client()) throws -> Int? {
        let request = self.message(.channelBind, of: client) {
            $0.add(.channelNumber, leading: number)
            $0.add(.xorPeerAddress, address: peer)
        }
        return try self.error(request, of: client)
    }
}
