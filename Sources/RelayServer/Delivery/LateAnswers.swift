/// Answers that go to their sockets together with what the same turn of the loop delivers.
///
/// A peer is usually asleep when the first of them reaches it, and waking it costs more than the write. While it wakes, the next write is
/// free of that. So an answer that a delivery follows waits for it: for as long as the messages take to be encoded.
///
/// Lives on its loop.
final class LateAnswers {
    private var isDeliveryDue = false
    private var connections: [any AnsweringConnection] = []

    /// A task of the loop is due that will call ``flush()``.
    func deliveryIsDue() { self.isDeliveryDue = true }

    /// - Returns: whether the connection will be flushed later in this turn; else it has to do that itself.
    func take(_ connection: any AnsweringConnection) -> Bool {
        guard self.isDeliveryDue else { return false }
        if self.connections.last !== connection { self.connections.append(connection) }
        return true
    }

    func flush() {
        self.isDeliveryDue = false
        // A socket that takes bytes again may bring about another answer.
        var index = 0
        while index < self.connections.count {
            self.connections[index].flushAnswers()
            index += 1
        }
        self.connections.removeAll(keepingCapacity: true)
    }
}

/// A connection whose answers may be written later in a turn than they are made.
protocol AnsweringConnection: AnyObject {
    /// Writes what was answered.
    func flushAnswers()
}
