import RelayCore
public import RelayDocuments

/// What a document says: looked at whole, which takes processor time and memory in proportion to it. To be called away from the event loops,
/// and not often at the same time.
extension DocumentService {
    /// Looks at what a document says now.
    ///
    /// - Throws: `noMemory` of ``DocumentRefusal``; `tooLarge` of `DocumentError` beyond the limits; what `look` throws.
    public func content<Found>(
        of document: LoadedDocument,
        limits: ContentLimits = ContentLimits(),
        _ look: (DocumentContent) throws -> Found
    ) throws -> Found {
        try self.content(of: document.whole(), limits, look)
    }

    /// Looks at what a document said.
    ///
    /// - Throws: as for a document of now.
    public func content<Found>(
        of past: PastDocument,
        limits: ContentLimits = ContentLimits(),
        _ look: (DocumentContent) throws -> Found
    ) throws -> Found {
        try self.content(of: past.whole(), limits, look)
    }

    private func content<Found>(
        of update: Update,
        _ limits: ContentLimits,
        _ look: (DocumentContent) throws -> Found
    ) throws -> Found {
        let room = try self.room(for: [update], limits)
        return try withExtendedLifetime(room) { try look(DocumentContent(update, limits: limits)) }
    }

    /// An update after which the document shows what it showed then.
    ///
    /// - Returns: nil where it does already.
    /// - Throws: `noMemory` of ``DocumentRefusal``; `tooLarge` of `DocumentError` beyond the limits.
    public func restoration(
        to past: PastDocument,
        of document: LoadedDocument,
        limits: ContentLimits = ContentLimits()
    ) throws -> Update? {
        let (earlier, current) = (try past.whole(), try document.whole())
        let room = try self.room(for: [earlier, current], limits)
        return try withExtendedLifetime(room) {
            try Update.restoration(to: earlier, from: current, client: current.stranger, limits: limits)
        }
    }

    private func room(for updates: [Update], _ limits: ContentLimits) throws(DocumentRefusal) -> MemoryCharge {
        guard let room = self.memory.hold(limits.memory(for: updates), in: .documents) else { throw .noMemory }
        return room
    }
}

extension Update {
    /// A client that has written nothing in it. Clients choose their numbers themselves, mostly of 32 bits.
    fileprivate var stranger: UInt64 {
        let known = self.stateVector
        var client = UInt64.random(in: 1...UInt64(UInt32.max))
        while known[client] > 0 { client = .random(in: 1...UInt64(UInt32.max)) }
        return client
    }
}

extension LoadedDocument {
    fileprivate func whole() throws(DocumentError) -> Update { try Update(self.difference(against: StateVector())) }
}

extension PastDocument {
    fileprivate func whole() throws(DocumentError) -> Update {
        var copy = self
        return try Update(copy.difference(against: StateVector()))
    }
}
