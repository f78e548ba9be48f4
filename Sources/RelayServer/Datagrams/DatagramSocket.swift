import CDatagrams
import Glibc
import NIOCore
import RelayDatagrams
import RelayWire

/// A UDP socket of the port for STUN, or a relayed one, and where it is bound.
struct DatagramSocket {
    let bound: TransportAddress
    private let socket: UDPSocket

    /// Nil where the channel has no socket, or none any more.
    init?(_ channel: any Channel) {
        guard let socket = UDPSocket(channel), let bound = channel.localAddress.flatMap({ TransportAddress($0) }) else {
            return nil
        }
        self.bound = bound
        self.socket = socket
    }

    var channel: any Channel { self.socket.channel }

    /// Sends a datagram now or never.
    ///
    /// - Returns: whether the system took it.
    func send(_ datagram: ByteBuffer, to peer: SocketAddress) -> Bool {
        unsafe peer.withSockAddr { address, size in
            unsafe datagram.withUnsafeReadableBytes { unsafe self.socket.send($0, to: address, socklen_t(size)) }
        }
    }

    /// Sends the datagrams of a run now or never.
    ///
    /// - Parameter cutting: how the system cuts runs apart. Changed where it turns out that it doesn't.
    /// - Returns: how many of them, from the first on, the system took.
    func send(_ run: DatagramRun, to peer: SocketAddress, _ cutting: inout DatagramCutting) -> Int {
        unsafe peer.withSockAddr { address, size in
            unsafe self.send(run, to: address, socklen_t(size), &cutting)
        }
    }

    /// The same, without memory for the address.
    func send(_ run: DatagramRun, to peer: TransportAddress, _ cutting: inout DatagramCutting) -> Int {
        unsafe peer.withSocketAddress { address, size in
            unsafe self.send(run, to: address, size, &cutting)
        }
    }

    private func send(
        _ run: DatagramRun,
        to address: UnsafePointer<sockaddr>,
        _ addressSize: socklen_t,
        _ cutting: inout DatagramCutting
    ) -> Int {
        guard !run.isEmpty else { return 0 }
        return unsafe run.bytes.withUnsafeReadableBytes { bytes in
            unsafe self.socket.send(bytes, size: run.size, to: address, addressSize, &cutting)
        }
    }

    /// Takes what waits, see `datagrams_receive`.
    ///
    /// - Parameter size: of the room for each datagram in `bytes`.
    /// - Returns: how many were read.
    func receive(
        into bytes: UnsafeMutableRawBufferPointer,
        size: Int,
        _ received: UnsafeMutableBufferPointer<datagram_received>
    ) -> Int {
        unsafe self.socket.receive(into: bytes, size: size, received)
    }
}
