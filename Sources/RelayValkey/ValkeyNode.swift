public import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One server: its address, how to talk to it, and a connection to it on each of the event loops.
///
/// A command sent from one of the loops goes over that loop's connection, without a hop; from elsewhere over any. Commands over
/// one connection run in the order in which they were sent. While there is no connection they fail at once. Connections are
/// tried for until `close` is called, which has to be done before the loops end.
public final class ValkeyNode: Sendable {
    public let address: ValkeyAddress
    let configuration: ValkeyConfiguration
    private let connections: [ValkeyConnection]
    private let turn = Atomic<Int>(0)

    /// Connects.
    ///
    /// - Parameters:
    ///   - loops: at least one. They are not the node's: it never makes any, nor ends them.
    ///   - onChange: called on one of the loops after the state of any connection has changed; `state` tells it. Must not block.
    /// - Throws: where the files for TLS can't be read.
    public convenience init(
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration,
        loops: [any EventLoop],
        onChange: @escaping @Sendable () -> Void = {}
    ) throws {
        let tls = try configuration.tls?.makeContext()
        self.init(address, configuration, tls: tls, loops: loops, onChange: onChange)
        self.start()
    }

    /// Does nothing before it is told to `start`: commands fail as unavailable.
    init(
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration,
        tls: NIOSSLContext?,
        loops: [any EventLoop],
        onChange: @escaping @Sendable () -> Void
    ) {
        precondition(!loops.isEmpty, "a node needs an event loop")
        self.address = address
        self.configuration = configuration
        self.connections = loops.map { ValkeyConnection($0, address, configuration, tls: tls, onChange: onChange) }
    }

    func start() {
        for connection in self.connections { connection.start() }
    }

    /// Whether every connection is up and answers. Cheap, from any thread.
    public var isConnected: Bool {
        self.connections.allSatisfy { $0.board.isConnected }
    }

    /// That of the connection which is worst off. Cheap, from any thread.
    public var state: ValkeyState {
        self.connections.map(\.board.current).max { $0.severity < $1.severity } ?? .closed
    }

    /// Sends a command.
    ///
    /// - Parameters:
    ///   - deadline: when it fails at the latest, give or take a tick (100 ms). Nil means the configured time from now on.
    ///   - completion: called once, on a loop of this node: with the reply, or with an error that says whether the command may have
    ///     run. An error from the server is a failure with the code `server`. May be called before this returns, if nothing was sent.
    public func send(
        _ command: ValkeyCommand,
        deadline: NIODeadline? = nil,
        completion: @escaping @Sendable (Result<ValkeyReply, ValkeyError>) -> Void
    ) {
        self.connection().send(command, deadline: deadline, .one(completion))
    }

    /// Sends commands next to each other over one connection: nothing comes between them on it, though other clients' commands may.
    ///
    /// - Parameters:
    ///   - commands: at least one. All are sent, or none.
    ///   - completion: called once, with one reply for each command; errors of the server are among the replies.
    public func send(
        _ commands: [ValkeyCommand],
        deadline: NIODeadline? = nil,
        completion: @escaping @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void
    ) {
        self.connection().send(commands, deadline: deadline, .several(completion))
    }

    /// Closes all connections; what is outstanding fails with `closed`. Returns when they are gone.
    public func close() async {
        for future in self.end() { try? await future.get() }
    }

    /// Begins to close all connections.
    ///
    /// - Returns: futures that are done when they are gone.
    @discardableResult
    func end() -> [EventLoopFuture<Void>] {
        self.connections.map { $0.close() }
    }

    private func connection() -> ValkeyConnection {
        if let loop = MultiThreadedEventLoopGroup.currentEventLoop,
            let own = self.connections.first(where: { $0.loop === loop })
        {
            return own
        }
        let turn = self.turn.wrappingAdd(1, ordering: .relaxed).newValue
        return self.connections[Int(UInt(bitPattern: turn) % UInt(self.connections.count))]
    }
}
