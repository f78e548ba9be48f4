import Glibc
import NIOCore

/// Notices peers that have vanished without a word while they are owed nothing. ``VanishedPeers`` has the others.
enum SocketKeepAlive {
    /// Questions that the system asks, one after another.
    private static let questions = 3

    /// Socket options of the listening socket, which every accepted connection takes over: after half of the time without a byte the system
    /// asks. The third question without an answer ends the connection, when all of the time is over.
    ///
    /// - Parameter bound: the time, in whole seconds; at least 4.
    static func listenerOptions(
        within bound: TimeAmount
    ) -> [(option: ChannelOptions.Types.SocketOption, value: Int)] {
        let seconds = Int(bound.nanoseconds / 1_000_000_000)
        let quiet = seconds / 2
        return [
            (.init(level: .socket, name: .so_keepalive), 1),
            (.init(level: .tcp, name: .init(rawValue: TCP_KEEPIDLE)), quiet),
            (.init(level: .tcp, name: .init(rawValue: TCP_KEEPINTVL)), max(1, (seconds - quiet) / self.questions)),
            (.init(level: .tcp, name: .init(rawValue: TCP_KEEPCNT)), self.questions),
        ]
    }
}
