import NIOCore
import NIOPosix

/// A port of 127.0.0.1 that was free a moment ago.
public func freePort() async throws -> Int {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0).get()
    let port = listener.localAddress?.port ?? 0
    try await listener.close().get()
    return port
}

/// A port of 127.0.0.1 that was free a moment ago, as was the one after it.
public func freePortPair() async throws -> Int {
    while true {
        let port = try await freePort()
        let next = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: port + 1)
        guard let listener = try? await next.get() else { continue }
        try await listener.close().get()
        return port
    }
}
