/// What a publish that suspends holds, from before its first wait until its outcome is known: counted as its user's, and charged to the
/// ledger. It is given back when this value ends, so that no way to an outcome can forget it.
///
/// Drafts of which this is held don't count again when a topic takes them.
struct WaitingPublish: ~Copyable {
    private let load: UserLoad?
    private let memory: MemoryLedger
    private let messages: Int
    private let bytes: Int

    /// - Returns: what is held; or, with nothing counted, why the publish may not wait.
    static func begin(
        _ messages: Int,
        _ bytes: Int,
        of load: UserLoad?,
        within limits: UserLoad.WaitingLimits,
        _ memory: MemoryLedger
    ) throws(BrokerError) -> WaitingPublish {
        if let load, !load.beginPublish(messages, bytes, within: limits) { throw .tooManyWaiting }
        guard memory.charge(bytes, to: .waiting) else {
            load?.endPublish(messages, bytes)
            throw .overloaded
        }
        return WaitingPublish(load: load, memory: memory, messages: messages, bytes: bytes)
    }

    private init(load: UserLoad?, memory: MemoryLedger, messages: Int, bytes: Int) {
        self.load = load
        self.memory = memory
        self.messages = messages
        self.bytes = bytes
    }

    deinit {
        self.load?.endPublish(self.messages, self.bytes)
        self.memory.release(self.bytes, from: .waiting)
    }
}
