/// What a peer has said on a signaling socket and was not answered yet. Pure.
///
/// The relay answers only what it refuses. But what one socket says on one topic is stored in its order: so what was said before a message that
/// the peer hears itself is stored, too.
struct SocketReceipts: Sendable {
    private var unanswered: [(number: Int, topic: String)] = []

    /// Call before it is sent.
    mutating func said(_ number: Int, on topic: String) { self.unanswered.append((number, topic)) }

    /// The relay has answered by an error: nothing is known of the message by the others.
    ///
    /// - Returns: whether it is one of these.
    mutating func refused(_ number: Int) -> Bool {
        guard let place = self.unanswered.firstIndex(where: { $0.number == number }) else { return false }
        self.unanswered.remove(at: place)
        return true
    }

    /// The peer hears a message of its own.
    ///
    /// - Returns: those before it that the relay must have taken; nil where the message was said elsewhere.
    mutating func heard(_ number: Int, on topic: String) -> [Int]? {
        guard let last = self.unanswered.firstIndex(where: { $0.number == number && $0.topic == topic }) else {
            return nil
        }
        let taken = self.unanswered[..<last].filter { $0.topic == topic }.map(\.number)
        self.unanswered.removeAll { $0.topic == topic && ($0.number == number || taken.contains($0.number)) }
        return taken
    }
}
