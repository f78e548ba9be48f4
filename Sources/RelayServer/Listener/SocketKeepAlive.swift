import NIOCore

#if os(Linux)
    import Glibc
#endif

/// Notices quiet peers that have vanished without a word: unplugged, or behind a router that forgot them.
enum SocketKeepAlive {
    /// Socket options of the listening socket, which every accepted connection takes over: after 25 s without a byte the system asks, and asks
    /// again every 10 s; the third question without an answer ends the connection, 55 s after the last byte.
    static var listenerOptions: [(option: ChannelOptions.Types.SocketOption, value: Int)] {
        var options: [(option: ChannelOptions.Types.SocketOption, value: Int)] = [
            (.init(level: .socket, name: .so_keepalive), 1)
        ]
        #if os(Linux)
            options += [
                (.init(level: .tcp, name: .init(rawValue: TCP_KEEPIDLE)), 25),
                (.init(level: .tcp, name: .init(rawValue: TCP_KEEPINTVL)), 10),
                (.init(level: .tcp, name: .init(rawValue: TCP_KEEPCNT)), 3),
            ]
        #endif
        return options
    }
}
