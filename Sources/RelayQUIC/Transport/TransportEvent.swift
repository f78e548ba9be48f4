import NIOCore

/// Something that has happened to a connection, for whoever uses it.
enum TransportEvent {
    /// With the name of what both sides speak.
    case handshakeDone(String)
    case streamOpened(UInt64)
    case streamReceived(UInt64, ByteBuffer, isLast: Bool)
    case streamReleased(UInt64, Int)
    case streamReset(UInt64, code: UInt64)
    case streamStopped(UInt64)
    case streamClosed(UInt64, code: UInt64?)
    case streamsAllowed
    case datagram(ByteBuffer)
    case moved(PeerAddress)
    case token([UInt8])
}
