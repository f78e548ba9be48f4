import CDatagrams
import NIOCore
import RelayDatagrams

/// Takes many datagrams from a socket in one call of the system, into memory that serves the next call again. Lives on the socket's loop.
final class UDPIntake {
    private static let most = Int(DATAGRAMS_MOST)
    /// Of the room for one, bytes. Longer ones are none of QUIC's: peers are told that none is taken.
    static let size = 1_536

    private var bytes = [UInt8](repeating: 0, count: most * size)
    private var received = [datagram_received](repeating: datagram_received(), count: most)

    /// Hands over what waits at the socket, some at a time. The system says anew that there is more.
    ///
    /// - Parameter take: may not call this.
    func read(_ socket: UDPSocket, _ take: (UnsafeRawBufferPointer, PeerAddress) -> Void) {
        unsafe self.bytes.withUnsafeMutableBytes { bytes in
            unsafe self.received.withUnsafeMutableBufferPointer { received in
                let count = unsafe socket.receive(into: bytes, size: Self.size, received)
                for index in 0..<count {
                    let start = index * Self.size
                    let length = min(unsafe received[index].length, Self.size)
                    let datagram = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
                    let source = unsafe withUnsafeBytes(of: received[index].source) { unsafe PeerAddress($0) }
                    if let source { unsafe take(datagram, source) }
                }
            }
        }
    }
}
