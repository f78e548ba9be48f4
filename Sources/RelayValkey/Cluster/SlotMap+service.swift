import NIOCore

extension SlotMap {
    /// Whether a slot is served, and more than half of all slots.
    ///
    /// - Parameter states: of the masters, in their order.
    /// - Returns: `connected`, or how the master is that is missed.
    func service(of slot: Int, _ states: [ValkeyState], now: NIODeadline) -> ValkeyState {
        guard let home = self.index(of: slot) else { return .withoutMaster(slot, now) }
        guard states[home].isConnected else { return states[home] }
        var served = 0
        for slot in 0..<HashSlot.count {
            if let index = self.index(of: slot), states[index].isConnected { served += 1 }
        }
        if 2 * served > HashSlot.count { return .connected }
        return states.filter { !$0.isConnected }.max { $0.severity < $1.severity } ?? .withoutMaster(nil, now)
    }
}

extension ValkeyState {
    /// - Parameter slot: nil for some.
    static func withoutMaster(_ slot: Int?, _ now: NIODeadline) -> ValkeyState {
        let message = slot.map { "slot \($0) has no master" } ?? "some slots have no master"
        return .connecting(since: now, lastError: ValkeyError(code: .unavailable, message: message))
    }
}
