import RelayCore

extension RelayConfiguration {
    /// What the relay may hold for its clients, in bytes. 0 stands for a default that is derived, see ``MemoryLimits``.
    public struct Memory: Hashable, Sendable {
        @Setting(
            "max_memory_bytes",
            aliases: ["memory.max_bytes"],
            .bytes(bounds),
            "Bytes held for clients, hot tier included. 0: half of what the machine or container has."
        )
        public var maxBytes = 0

        @Setting(
            "max_stranger_bytes",
            .bytes(bounds),
            "Of these, sent by connections without a valid token. 0: an eighth, at most 64 MiB."
        )
        public var maxStrangerBytes = 0

        @Setting(
            "max_request_bytes",
            .bytes(bounds),
            "Of these, bodies of requests that are received or worked on. 0: a quarter."
        )
        public var maxRequestBytes = 0

        @Setting(
            "max_answer_bytes",
            .bytes(bounds),
            "Of these, answers that their clients have not taken yet. 0: a quarter."
        )
        public var maxAnswerBytes = 0

        @Setting(
            "max_waiting_bytes",
            .bytes(bounds),
            "Of these, publishes that wait for the store. 0: a quarter."
        )
        public var maxWaitingBytes = 0

        @Setting(
            "max_reader_bytes",
            .bytes(bounds),
            "Of these, what readers hold beside the stream. 0: a quarter."
        )
        public var maxReaderBytes = 0

        @Setting(
            "max_document_bytes",
            .bytes(bounds),
            "Of these, documents that are edited, merged. 0: a quarter."
        )
        public var maxDocumentBytes = 0

        @Setting(
            "max_presence_bytes",
            .bytes(bounds),
            "Of these, who is on which topic. 0: a quarter."
        )
        public var maxPresenceBytes = 0

        static let keys = ConfigurationKey.keys(
            "memory",
            at: \.memory,
            \.$maxBytes,
            \.$maxStrangerBytes,
            \.$maxRequestBytes,
            \.$maxAnswerBytes,
            \.$maxWaitingBytes,
            \.$maxReaderBytes,
            \.$maxDocumentBytes,
            \.$maxPresenceBytes
        )

        private static let bounds = 0...(1 << 50)

        public init() {}
    }

    /// The bounds of the process's ``MemoryLedger``.
    ///
    /// - Parameter machine: bytes that the machine or the container has.
    func memoryLimits(machine: Int) -> MemoryLimits {
        let reserved =
            switch self.storage.backend {
            case .memory: self.storage.memoryStoreMaxBytes
            case .sqlite: self.storage.transientMaxBytes
            case .valkey: 0
            }
        let whole =
            self.memory.maxBytes > 0 ? self.memory.maxBytes : MemoryLimits.whole(of: machine, reserved: reserved)
        var limits = MemoryLimits(whole: whole)
        limits[.hotTier] = self.hotTier.maxBytes
        let given: [(MemoryAccount, Int)] = [
            (.strangers, self.memory.maxStrangerBytes), (.requests, self.memory.maxRequestBytes),
            (.answers, self.memory.maxAnswerBytes), (.waiting, self.memory.maxWaitingBytes),
            (.readers, self.memory.maxReaderBytes), (.documents, self.memory.maxDocumentBytes),
            (.presence, self.memory.maxPresenceBytes),
        ]
        for (account, bytes) in given where bytes > 0 { limits[account] = bytes }
        return limits
    }
}
