import NIOCore
import RelayWire

/// What an Allocate request asks for (RFC 8656, 7.2).
struct AllocationWish: Hashable {
    let life: TimeAmount
    let isEven: Bool

    /// - Parameter family: of relayed addresses here.
    init(_ message: STUNMessage, family: STUNAddressFamily) throws(TURNRefusal) {
        let transport = try TURNRefusal.onBadRequest { () throws(STUNError) in try message.requestedTransport() }
        guard let transport else { throw TURNRefusal(.badRequest) }
        guard transport == Self.udp else { throw TURNRefusal(.unsupportedTransport) }
        // Nobody can know what a socket's next datagram does on the way: the relay has no such sockets.
        guard !message.has(.dontFragment) else {
            throw TURNRefusal(.unknownAttribute, notUnderstood: [STUNAttributeType.dontFragment.rawValue])
        }
        let pair = try TURNRefusal.onBadRequest { () throws(STUNError) in try message.evenPort() }
        let wanted = try TURNRefusal.onBadRequest { () throws(STUNError) in try message.requestedAddressFamily() }
        if message.has(.reservationToken) {
            guard pair == nil, wanted == nil else { throw TURNRefusal(.badRequest) }
            // No port is ever reserved.
            throw TURNRefusal(.insufficientCapacity)
        }
        guard wanted == nil || wanted == family.rawValue else { throw TURNRefusal(.addressFamilyNotSupported) }
        guard pair != true else { throw TURNRefusal(.insufficientCapacity) }
        self.isEven = pair == false
        self.life = Self.life(try TURNRefusal.onBadRequest { () throws(STUNError) in try message.lifetime() })
    }

    /// IANA's number.
    private static let udp: UInt8 = 17

    /// - Parameter seconds: as asked for.
    static func life(_ seconds: UInt32?) -> TimeAmount {
        let asked = TimeAmount.seconds(Int64(seconds ?? 0))
        return min(max(asked, TURNLimits.standardLife), TURNLimits.longestLife)
    }
}
