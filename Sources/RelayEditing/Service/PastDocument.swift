import RelayCore
public import RelayDocuments

/// What a document was, for as long as somebody looks at it. What it takes is charged till then.
public struct PastDocument: Sendable {
    public private(set) var content = DocumentState()
    private var charges: [MemoryCharge] = []

    /// What somebody with `known` lacked, as an update.
    public mutating func difference(against known: StateVector) -> [UInt8] { self.content.diff(against: known) }

    /// Takes what the stream says next.
    ///
    /// - Returns: false where there is no memory for it.
    mutating func take(_ messages: ArraySlice<Message>, _ memory: MemoryLedger) -> Bool {
        var news = messages
        if let base = messages.lastIndex(where: { $0.isSnapshot }) {
            // It stands for all before it.
            self = PastDocument()
            news = messages[base...]
        }
        guard let charge = memory.hold(news.reduce(0) { $0 + $1.memoryCost }, in: .documents) else { return false }
        self.charges.append(charge)
        self.content.apply(Array(news))
        return true
    }
}
