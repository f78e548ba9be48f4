/// A line of one document on a connection that may carry others, at once or later: its end is not the connection's.
protocol SharedLine: DocumentLine {
    associatedtype Connection: DocumentConnection

    var connection: Connection { get }
    var member: DocumentMember { get }
    /// Whether the client has left the document, or was put out.
    var isOver: Bool { get }
}

extension SharedLine {
    var loop: DeliveryLoop { self.member.loop }

    var isWritable: Bool { !self.isOver && self.connection.isWritable }

    func start() { self.member.start(on: self) }

    func drained() { self.member.drained() }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        // The client may leave the document meanwhile. Then nothing goes on, as if it had left altogether.
        self.connection.suspend(work) { [weak self] value in
            if self?.isOver == false { body(value) }
        }
    }

    func workBegan() { self.connection.workBegan() }

    func workEnded() { self.connection.workEnded() }

    func flush() { self.connection.flush() }
}
