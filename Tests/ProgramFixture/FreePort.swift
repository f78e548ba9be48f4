import NIOCore
import NIOPosix

/// A port of 127.0.0.1 that was free a moment ago. Connections of other tests don't take it meanwhile: the system gives those ports of
/// another range.
public func freePort() async throws -> Int {
    while true {
        let port = Int.random(in: 20_000..<32_000)
        if try await isFree(port) { return port }
    }
}

/// A port of 127.0.0.1 that was free a moment ago, as was the one after it.
public func freePortPair() async throws -> Int {
    while true {
        let port = try await freePort()
        if try await isFree(port + 1) { return port }
    }
}

private func isFree(_ port: Int) async throws -> Bool {
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    guard let listener = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { return false }
    try await listener.close().get()
    return true
}
