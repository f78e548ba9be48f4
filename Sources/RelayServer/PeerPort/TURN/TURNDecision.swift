import NIOCore
import RelayWire

/// What to do about a message of TURN.
enum TURNDecision {
    case answer(ByteBuffer)
    /// Open a socket on the relayed port for the allocation in this slot, and tell of it by ``TURNServer/opened(_:at:)`` or
    /// ``TURNServer/failed(_:)``.
    case open(slot: Int, port: UInt16)
    /// Close the slot's socket, and answer.
    case close(slot: Int, ByteBuffer)
    case ignore(DatagramIgnored)
}

/// What became of the attempt to open a relayed port.
enum TURNOpening {
    /// Tell the client.
    case answer(ByteBuffer)
    /// Try another port.
    case open(port: UInt16)
}

/// Where data go that a client sent to a peer.
enum TURNDelivery: Hashable {
    /// By the socket of this slot.
    case send(slot: Int, to: TransportAddress)
    /// To another client of this relay, as from its own relayed address there: no socket is needed.
    case hand(slot: Int, from: TransportAddress)
    case drop(TURNDropped)
}

/// How data of a peer go to the client.
enum TURNArrival: Hashable {
    case channel(UInt16)
    /// As a Data indication.
    case indication
    case drop(TURNDropped)
}
