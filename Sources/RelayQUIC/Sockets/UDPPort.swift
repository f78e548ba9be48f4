import CDatagrams
import Glibc
import NIOCore
import RelayDatagrams

/// The sockets that an endpoint's packets leave by. Lives on the endpoint's loop.
final class UDPPort: PacketOutput {
    private var sockets: [(local: PeerAddress, socket: UDPSocket)] = []
    private var cutting = DatagramCutting.bySystem

    func opened(_ socket: UDPSocket, at local: PeerAddress) { self.sockets.append((local, socket)) }

    func closed(_ channel: any Channel) { self.sockets.removeAll { $0.socket.channel === channel } }

    func send(_ bytes: UnsafeRawBufferPointer, size: Int, on path: Transport.Path) {
        guard let socket = self.sockets.first(where: { $0.local == path.local })?.socket else { return }
        _ = unsafe path.remote.withBytes { address, addressSize in
            unsafe socket.send(bytes, size: size, to: address, addressSize, &self.cutting)
        }
    }
}
