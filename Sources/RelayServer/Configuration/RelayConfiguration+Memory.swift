import RelayCore

extension RelayConfiguration {
    /// What the relay may hold for its clients, in bytes. 0 stands for a default that is derived, see ``MemoryLimits``.
    public struct Memory: Hashable, Sendable {
        /// All together, the hot tier included. Default 0: half of what the machine or container has.
        public var maxBytes = 0
        /// From connections that have not shown a valid token. Default 0: an eighth of the whole, at most 64 MiB.
        public var maxStrangerBytes = 0
        /// Bodies of requests. Default 0: a quarter of the whole.
        public var maxRequestBytes = 0
        /// Answers that were not taken yet. Default 0: a quarter of the whole.
        public var maxAnswerBytes = 0
        /// Publishes that wait for the store. Default 0: a quarter of the whole.
        public var maxWaitingBytes = 0
        /// What readers hold beside the stream. Default 0: a quarter of the whole.
        public var maxReaderBytes = 0

        public init() {}
    }

    /// The bounds of the process's ``MemoryLedger``.
    ///
    /// - Parameter machine: bytes that the machine or the container has.
    func memoryLimits(machine: Int) -> MemoryLimits {
        let reserved = self.storage.backend == .memory ? self.storage.memoryStoreMaxBytes : 0
        let whole =
            self.memory.maxBytes > 0 ? self.memory.maxBytes : MemoryLimits.whole(of: machine, reserved: reserved)
        var limits = MemoryLimits(whole: whole)
        limits[.hotTier] = self.hotTier.maxBytes
        let given: [(MemoryAccount, Int)] = [
            (.strangers, self.memory.maxStrangerBytes), (.requests, self.memory.maxRequestBytes),
            (.answers, self.memory.maxAnswerBytes), (.waiting, self.memory.maxWaitingBytes),
            (.readers, self.memory.maxReaderBytes),
        ]
        for (account, bytes) in given where bytes > 0 { limits[account] = bytes }
        return limits
    }
}
