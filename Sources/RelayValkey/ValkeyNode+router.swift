public import NIOCore

extension ValkeyNode: ValkeyRouter {
    public var masters: [ValkeyNode] { [self] }

    public func service(of key: ValkeyArgument, but troubles: [ValkeyAddress: ValkeyState]) -> ValkeyState {
        self.state.worse(than: troubles[self.address])
    }

    public func node(of key: ValkeyArgument) -> ValkeyNode? { self }

    public func send(
        _ command: ValkeyCommand,
        key: ValkeyArgument,
        deadline: NIODeadline?,
        completion: @escaping @Sendable (Result<ValkeyReply, ValkeyError>) -> Void
    ) {
        self.send(command, deadline: deadline, completion: completion)
    }

    public func send(
        _ commands: [ValkeyCommand],
        key: ValkeyArgument,
        deadline: NIODeadline?,
        completion: @escaping @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void
    ) {
        self.send(commands, deadline: deadline, completion: completion)
    }

    public func send(
        _ command: ValkeyCommand,
        followedBy others: [ValkeyCommand],
        key: ValkeyArgument,
        deadline: NIODeadline?,
        completion: @escaping @Sendable (Result<[ValkeyReply], ValkeyError>) -> Void
    ) {
        self.send([command] + others, deadline: deadline, completion: completion)
    }

    public func makeSubscriber(
        loop: any EventLoop,
        onChange: @escaping @Sendable () -> Void,
        handler: @escaping @Sendable (ValkeySubscriberEvent) -> Void
    ) throws -> any ValkeySubscribing {
        try ValkeySubscriber(self.address, self.configuration, loop: loop, onChange: onChange, handler: handler)
    }
}

extension ValkeySubscriber: ValkeySubscribing {
    public var troubles: [ValkeyAddress: ValkeyState] {
        let state = self.state
        return state.isConnected ? [:] : [self.address: state]
    }
}
