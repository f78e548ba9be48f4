import Glibc
import NIOCore
import NIOPosix

/// A connection's socket, asked about its peer.
///
/// - Note: only for a channel that is active: the descriptor of another may be somebody else's by now.
struct PeerSocket {
    private let descriptor: CInt

    /// Nil where the channel has no socket, or none any more.
    init?(_ channel: any Channel) {
        guard channel.isActive else { return nil }
        let pipeline = channel.pipeline.syncOperations
        let handle = try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle = handle ?? nil else { return nil }
        self.descriptor = handle
    }

    /// Whether the peer has acknowledged all that was written.
    var isAcknowledged: Bool {
        var bytes: CInt = 0
        let result = unsafe ioctl(self.descriptor, UInt(TIOCOUTQ), &bytes)
        return result == 0 && bytes == 0
    }

    /// Nil where the system does not say.
    var signs: PeerSigns? {
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        let result = unsafe getsockopt(self.descriptor, CInt(IPPROTO_TCP), TCP_INFO, &info, &size)
        return result == 0 ? PeerSigns(info) : nil
    }

    /// Has the system forget what it still holds when the socket is closed, instead of repeating it to nobody for minutes.
    func forgetUnacknowledged() {
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(self.descriptor, SOL_SOCKET, SO_LINGER, &option, size)
    }
}

extension PeerSigns {
    /// Probes count those of a closed window and of keep-alive; an answer sets them to 0. A segment with data and no news in its
    /// acknowledgement may count only as data, so the later of the two times holds, as it does for the system's keep-alive.
    init(_ info: tcp_info) {
        self.owesAnswer = (info.tcpi_unacked > 0 && info.tcpi_retransmits > 0) || info.tcpi_probes > 0
        self.silence = .milliseconds(Int64(min(info.tcpi_last_ack_recv, info.tcpi_last_data_recv)))
    }
}
