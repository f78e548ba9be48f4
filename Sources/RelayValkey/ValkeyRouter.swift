public import NIOCore

/// Where commands go: one server (``ValkeyNode``), or a cluster (``ValkeyCluster``) in which the key says to which.
public protocol ValkeyRouter: Sendable {
    /// Whether all is well. Cheap, from any thread.
    var isConnected: Bool { get }
    /// That of the connection which is worst off. Cheap, from any thread.
    var state: ValkeyState { get }
    /// Whether a key can be served, and most others with it. Servers of a cluster fail one by one: while one is away, the rest go on.
    ///
    /// - Parameter troubles: what is known of servers beyond what their connections show.
    /// - Returns: `connected`, or how the server is that is missed.
    func service(of key: ValkeyArgument, but troubles: [ValkeyAddress: ValkeyState]) -> ValkeyState
    /// The server that a key is at, as far as is known.
    func node(of key: ValkeyArgument) -> ValkeyNode?
    /// Every server with keys of its own, for commands that are about no key: `SCAN`, `PING`. They change in a cluster.
    var masters: [ValkeyNode] { get }

    /// Sends a command.
    ///
    /// - Parameters:
    ///   - key: that of the command. One server does not ask for it.
    ///   - deadline: when it fails at the latest, give or take a tick (100 ms). Nil means the configured time from now on.
    ///   - completion: called once, on one of the loops: with the reply, or with an error that says whether the command may have run.
    ///     May be called before this returns, if nothing was sent.
    func send(
        _ command: ValkeyCommand,
        key: ValkeyArgument,
        deadline: NIODeadline?,
        completion: @escaping @Sendable (Result<ValkeyReply, ValkeyError>) -> Void
    )

    /// Sends commands about keys of one slot next to each other.
    ///
    /// - Parameters:
    ///   - commands: at least one.
    ///   - key: one of theirs.
    ///   - completion: called once, with one reply for each command; errors of the server are among the replies.
    func send(
        _ commands: [ValkeyCommand],
        key: ValkeyArgument,
        deadline: NIODeadline?,
        completion: @escaping @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void
    )

    /// Sends a command, and others right behind it over the same connection, whichever server it goes to in the end: `WAIT`, say.
    ///
    /// - Parameters:
    ///   - key: that of the command.
    ///   - completion: called once, with one reply for each command; errors of the server are among the replies.
    func send(
        _ command: ValkeyCommand,
        followedBy others: [ValkeyCommand],
        key: ValkeyArgument,
        deadline: NIODeadline?,
        completion: @escaping @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void
    )

    /// Makes a subscriber that goes where the commands go. See ``ValkeySubscriber`` for the parameters. It is closed on its own,
    /// before this is.
    func makeSubscriber(
        loop: any EventLoop,
        onChange: @escaping @Sendable () -> Void,
        handler: @escaping @Sendable (ValkeySubscriberEvent) -> Void
    ) throws -> any ValkeySubscribing

    /// Closes all connections; what is outstanding fails with `closed`. Returns when they are gone.
    func close() async
}

/// Subscriptions, over connections of their own: ``ValkeySubscriber`` or ``ValkeyClusterSubscriber``.
public protocol ValkeySubscribing: Sendable {
    var isConnected: Bool { get }
    var state: ValkeyState { get }
    /// Servers to which a connection is wanted that isn't well.
    var troubles: [ValkeyAddress: ValkeyState] { get }
    /// Wants a channel from now on. `subscribed` tells when it has it; wanting it twice is wanting it once.
    func subscribe(_ channel: ValkeyChannel)
    /// No message of the channel is told after it, if called on the loop; else soon after.
    func unsubscribe(_ channel: ValkeyChannel)
    /// Closes the connections. Returns when they are gone; nothing is told afterwards.
    func close() async
}

extension ValkeyRouter {
    /// Sends a command and waits for its reply. It isn't cancelled with the task: the deadline ends the wait.
    public func send(
        _ command: ValkeyCommand,
        key: ValkeyArgument,
        deadline: NIODeadline? = nil
    ) async throws(ValkeyError) -> ValkeyReply {
        let result = await withCheckedContinuation { continuation in
            self.send(command, key: key, deadline: deadline) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Sends commands about keys of one slot and waits for their replies; errors of the server are among them.
    public func send(
        _ commands: [ValkeyCommand],
        key: ValkeyArgument,
        deadline: NIODeadline? = nil
    ) async throws(ValkeyError) -> [ValkeyReply] {
        let result = await withCheckedContinuation { continuation in
            self.send(commands, key: key, deadline: deadline) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
