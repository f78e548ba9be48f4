import NIOCore
import RelayWire

@testable import RelayServer

/// A responder on 192.0.2.10, port 7000, and what a client asks of it.
final class STUNExchange {
    static let client = TransportAddress(.v4(0xC633_6407), port: 40_000)
    static let client6 = TransportAddress(.v6(0x2001_0DB8_0000_0000, 0x99), port: 40_000)
    static let primary = IPAddress.v4(0xC000_020A)
    static let alternate = IPAddress.v4(0xC000_020B)
    static let local = TransportAddress(primary, port: 7_000)
    static let plain = STUNEndpoints(port: 7_000)
    static let onePort = STUNEndpoints(port: 7_000, alternatePort: 7_001)
    static let full = STUNEndpoints(
        port: 7_000,
        alternatePort: 7_001,
        addresses: STUNEndpoints.Addresses(primary: primary, alternate: alternate)
    )
    static let transaction = STUNTransaction(high: 0x0102_0304, low: 0x0506_0708_090A_0B0C)
    static let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    /// The token of a punch request for session `s1`.
    let token: String
    private var responder: DatagramResponder

    init(_ endpoints: STUNEndpoints = plain, software: String? = "pulsar-relay", perSecond: Int = 0) {
        let punches = PunchTokens(key: PunchTokenKey(secret: "a secret for tests")) { Timestamp(microseconds: 0) }
        let attempt = PunchAttempt(session: "s1", from: "a", to: "b", startsAt: 0, expiresAt: 10_000, nonce: 1)
        self.token = punches.issue(attempt)
        self.responder = DatagramResponder(
            stun: STUNResponder(endpoints: endpoints, software: software),
            buckets: SourceBuckets(perSecond: perSecond),
            punches: punches
        )
    }

    func decide(
        _ bytes: ByteBuffer,
        from source: TransportAddress = client,
        at local: TransportAddress = local,
        isStream: Bool = false
    ) -> DatagramDecision {
        let arrival = DatagramArrival(bytes: bytes, source: source, local: local, isStream: isStream)
        return self.responder.decide(arrival, at: Self.now)
    }

    /// The answer, read, where there is one and it goes back the way that the request came.
    func answer(
        _ bytes: ByteBuffer,
        from source: TransportAddress = client,
        at local: TransportAddress = local
    ) throws -> STUNMessage? {
        guard case .answer(let answer, source, local) = self.decide(bytes, from: source, at: local) else { return nil }
        return try STUNMessage(answer)
    }

    static func request(cookie: UInt32 = STUNHeader.magicCookie, _ add: (inout STUNMessageWriter) -> Void = { _ in })
        -> ByteBuffer
    {
        var writer = STUNMessageWriter(STUNMessageType(.binding, .request), cookie: cookie, self.transaction)
        add(&writer)
        return writer.bytes
    }
}
