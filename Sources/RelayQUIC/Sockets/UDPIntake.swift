import CDatagrams
import NIOCore
import RelayDatagrams

/// Takes many datagrams from a socket in one call of the system, into memory that serves the next call again. Lives on the socket's loop.
@safe final class UDPIntake {
    /// In one call, where the system puts datagrams of one source together and where it does not.
    private static let most = System.supportsUDPReceiveOffload ? 16 : Int(DATAGRAMS_MOST)
    /// Of the room for one, or for those that were put together, bytes. Longer ones are none of QUIC's: peers are told that none is taken.
    static let size = System.supportsUDPReceiveOffload ? 64 << 10 : 1_536

    /// Where nothing was written to yet, it takes no memory.
    private let bytes: UnsafeMutableRawBufferPointer
    private var received = [datagram_received](repeating: datagram_received(), count: most)

    init() {
        unsafe self.bytes = .allocate(byteCount: Self.most * Self.size, alignment: 16)
    }

    deinit { unsafe self.bytes.deallocate() }

    /// Hands over what waits at the socket, some at a time. The system says anew that there is more.
    ///
    /// - Parameter take: may not call this.
    func read(_ socket: UDPSocket, _ take: (UnsafeRawBufferPointer, PeerAddress) -> Void) {
        unsafe self.received.withUnsafeMutableBufferPointer { received in
            let count = unsafe socket.receive(into: self.bytes, size: Self.size, received)
            for index in 0..<count {
                let start = index * Self.size
                let length = min(unsafe received[index].length, Self.size)
                let datagrams = unsafe UnsafeRawBufferPointer(rebasing: self.bytes[start..<start + length])
                let source = unsafe withUnsafeBytes(of: received[index].source) { unsafe PeerAddress($0) }
                guard let source else { continue }
                unsafe Self.split(datagrams, each: received[index].part) { unsafe take($0, source) }
            }
        }
    }

    /// - Parameter size: of each datagram but the last, bytes.
    static func split(_ datagrams: UnsafeRawBufferPointer, each size: Int, _ take: (UnsafeRawBufferPointer) -> Void) {
        guard size > 0, size < datagrams.count else { return unsafe take(datagrams) }
        for start in stride(from: 0, to: datagrams.count, by: size) {
            let end = min(start + size, datagrams.count)
            unsafe take(UnsafeRawBufferPointer(rebasing: datagrams[start..<end]))
        }
    }
}
