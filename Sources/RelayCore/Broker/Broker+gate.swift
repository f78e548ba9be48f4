extension Broker {
    /// Has `gate` asked about drafts for all kinds that are gated. The broker does not keep it.
    public func ask(_ gate: any PublishGate) { self.gatePost.set(gate) }

    /// - Returns: whether the draft may be stored; nil where only ``passGate(_:to:as:)`` can tell.
    func isGateOpen(_ draft: Draft, to open: OpenTopic, as principal: Principal) throws(BrokerError) -> Bool? {
        guard let (gate, record) = self.gatePost.gate(of: open, for: principal) else { return true }
        switch gate.answerNow(to: draft, in: open.topic.key, of: record) {
        case nil: return nil
        case .open: return true
        case .closed(let refusal): throw .refused(refusal)
        }
    }

    func passGate(_ draft: Draft, to open: OpenTopic, as principal: Principal) async throws(BrokerError) {
        guard try self.isGateOpen(draft, to: open, as: principal) == nil,
            let (gate, record) = self.gatePost.gate(of: open, for: principal)
        else { return }
        let answer = try await gate.answer(to: draft, in: open.topic.key, of: record)
        if case .closed(let refusal) = answer { throw .refused(refusal) }
    }
}
