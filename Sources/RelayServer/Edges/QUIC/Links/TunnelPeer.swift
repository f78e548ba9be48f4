import NIOCore
import RelayWire

/// The other peer of a tunnel, as one of its two connections has it.
enum TunnelPeer: Sendable {
    /// Its connection is at this relay, and the tunnel has this number there.
    case here(LoopReference<QUICAllocation>, number: UInt64)
    /// Its connection is at another relay, which has this one's WebSocket.
    case away(LoopReference<TunnelLink>)

    var isHere: Bool { if case .here = self { true } else { false } }

    /// The tunnel is no more.
    func unbind(_ tunnel: RelayedTunnel, because reason: QUICAllocation.Unbinding) {
        switch self {
        case .here(let connection, let number): connection.tell { $0.unbind(number, tunnel, because: reason) }
        case .away(let link): link.tell { $0.unbind(because: reason) }
        }
    }

    /// Opens the counterpart of a stream, which is told when it is open.
    func open(_ stream: LoopReference<SplicedStream>, of tunnel: RelayedTunnel) {
        switch self {
        case .here(let connection, let number):
            connection.tell { $0.open(.here(stream), of: tunnel, at: number) }
        case .away(let link): link.tell { $0.open(stream) }
        }
    }

    func send(_ datagram: ByteBuffer, of tunnel: RelayedTunnel) {
        switch self {
        case .here(let connection, let number): connection.tell { $0.send(datagram, of: tunnel, at: number) }
        case .away(let link): link.tell { $0.send(datagram) }
        }
    }
}

/// The stream at the other peer that one of a tunnel is spliced to.
enum Counterpart: Sendable {
    case here(LoopReference<SplicedStream>)
    /// It is at another relay, and has this number between the two.
    case away(LoopReference<TunnelLink>, UInt64)

    /// Its own counterpart is open.
    func connect(to stream: LoopReference<SplicedStream>) {
        switch self {
        case .here(let other): other.tell { $0.connect(to: .here(stream)) }
        case .away(let link, let number): link.tell { $0.join(number, stream) }
        }
    }

    /// - Parameter bytes: are charged. The charge goes with them.
    func deliver(_ bytes: ByteBuffer, isLast: Bool) {
        switch self {
        case .here(let other): other.tell { $0.deliver(bytes, isLast: isLast) }
        case .away(let link, let number): link.tell { $0.deliver(bytes, isLast: isLast, of: number) }
        }
    }

    /// The client has taken bytes, or they are given up.
    func taken(_ count: Int) {
        switch self {
        case .here(let other): other.tell { $0.taken(count) }
        case .away(let link, let number): link.tell { $0.taken(count, of: number) }
        }
    }

    func reset(_ code: UInt64) {
        switch self {
        case .here(let other): other.tell { $0.reset(code) }
        case .away(let link, let number): link.tell { $0.say(.reset(number, code: code)) }
        }
    }

    func stop(_ code: UInt64) {
        switch self {
        case .here(let other): other.tell { $0.stop(code) }
        case .away(let link, let number): link.tell { $0.stop(number, code: code) }
        }
    }

    /// Both directions are done at the client.
    func closed() {
        switch self {
        case .here(let other): other.tell { $0.counterpartClosed() }
        case .away(let link, let number): link.tell { $0.streamClosed(number) }
        }
    }

    /// Ends both directions there.
    func end(_ failure: QUICRelayFailure) {
        switch self {
        case .here(let other): other.tell { $0.end(failure) }
        case .away(let link, let number): link.tell { $0.end(number, failure) }
        }
    }
}
