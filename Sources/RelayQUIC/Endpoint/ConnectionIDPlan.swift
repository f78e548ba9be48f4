/// How ids tell which of a listener's sockets knows the connection: the system chooses the socket by the addresses of a packet, and a client's may
/// change.
struct ConnectionIDPlan: Sendable {
    /// Which of the sockets this is.
    let index: Int
    /// Sockets, 1 to 256.
    let count: Int
    /// Hides the number from whoever sees ids pass.
    private let masks: [UInt8]

    /// The plans of all sockets of a listener.
    static func plans(_ count: Int) -> [ConnectionIDPlan] {
        precondition(1...256 ~= count, "a listener has 1 to 256 sockets")
        var generator = SystemRandomNumberGenerator()
        let masks = (0...255).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return (0..<count).map { ConnectionIDPlan(index: $0, count: count, masks: masks) }
    }

    /// - Parameter id: of chance.
    /// - Returns: an id that tells this socket.
    func marked(_ id: ConnectionID) -> ConnectionID {
        guard self.count > 1 else { return id }
        return id.beginning(with: UInt8(self.index) ^ self.masks[Int(id.head.1)])
    }

    /// - Returns: the socket that gave the id out; nil for an id that none of them has made, as far as that shows.
    func index(of id: ConnectionID) -> Int? {
        guard self.count > 1 else { return self.index }
        let index = Int(id.head.0 ^ self.masks[Int(id.head.1)])
        return id.isOfOwnSize && index < self.count ? index : nil
    }
}
