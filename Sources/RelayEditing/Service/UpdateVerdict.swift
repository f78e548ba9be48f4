public import RelayDocuments

/// What becomes of an update of somebody's who may write.
public enum UpdateVerdict: Hashable, Sendable {
    /// Nothing of it is new.
    case known
    /// It is to be published as it is.
    case whole
    /// This is to be published in its place, which has all that is new of it.
    case part([UInt8])
    /// The document is too large to take it.
    case full
}

extension LoadedDocument {
    /// - Throws: as ``DocumentState/news(in:)-(Span<UInt8>)``, where it is no update.
    public func verdict(on update: Span<UInt8>) throws(DocumentError) -> UpdateVerdict {
        let news = try self.news(in: update)
        switch news.forward {
        case .nothing: return .known
        case .whole: return self.hasRoom(for: update.count, addingStructs: news.addsStructs) ? .whole : .full
        case .part(let part):
            return self.hasRoom(for: part.count, addingStructs: news.addsStructs) ? .part(part) : .full
        }
    }

    /// - Parameter update: of which all is new.
    public func verdict(onNew update: Update) -> UpdateVerdict {
        self.hasRoom(for: update.bytes.count, addingStructs: update.structCount > 0) ? .whole : .full
    }
}
