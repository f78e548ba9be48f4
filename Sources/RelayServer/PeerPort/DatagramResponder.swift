import NIOCore
import RelayWire

/// Decides what is answered on the relay's UDP port: STUN by ``STUNResponder``, and the reference's packets.
///
/// Lives on the loop of the port's sockets. It holds nothing of a client but its bucket.
struct DatagramResponder {
    private let stun: STUNResponder
    private let punches: PunchTokens
    /// Shared with all else that answers on the port.
    var buckets: SourceBuckets

    /// - Parameters:
    ///   - buckets: each answer costs one, whatever it answers.
    ///   - punches: the tokens for which punch requests are acknowledged.
    init(
        stun: STUNResponder,
        buckets: SourceBuckets,
        punches: PunchTokens
    ) {
        self.stun = stun
        self.buckets = buckets
        self.punches = punches
    }

    mutating func decide(_ arrival: DatagramArrival, at now: NIODeadline) -> DatagramDecision {
        // Nothing can be sent there.
        guard arrival.source.port != 0 else { return .ignore(.malformed) }
        switch DatagramKind(arrival.bytes) {
        case .stun: return self.stun.decide(arrival, &self.buckets, at: now)
        case .channelData: return .ignore(.notServed)
        case .reference: return self.decideReference(arrival, at: now)
        case .unknown: return .ignore(.malformed)
        }
    }

    /// Answers in the width of the packet, and never with more bytes.
    private mutating func decideReference(_ arrival: DatagramArrival, at now: NIODeadline) -> DatagramDecision {
        guard let packet = ReferencePacket(arrival.bytes) else { return .ignore(.malformed) }
        // Another relay would echo the echo.
        guard !self.isRelayPort(arrival.source.port) else { return .ignore(.ownPort) }
        var answer = ByteBuffer()
        switch packet.body {
        case .probe:
            answer = arrival.bytes
        case .punchRequest(let token, let session):
            guard self.punches.verifies(token, of: session) else { return .ignore(.wrongToken) }
            ReferencePacket(.punchAcknowledgement(session: session), width: packet.width).write(into: &answer)
        case .punchAcknowledgement, .punchSuccess, .keepAlive:
            return .ignore(.notServed)
        }
        guard self.buckets.take(arrival.source.address, at: now) else { return .ignore(.tooMany) }
        return .answer(answer, to: arrival.source, from: arrival.local)
    }

    private func isRelayPort(_ port: UInt16) -> Bool {
        port == self.stun.endpoints.port || port == self.stun.endpoints.alternatePort
    }
}
