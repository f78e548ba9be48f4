/// What an update brings that a document has not.
public struct UpdateNews: Hashable, Sendable {
    /// What the others are sent.
    public enum Forward: Hashable, Sendable {
        /// Nothing is new: store nothing, send nothing.
        case nothing
        /// The update as it came.
        case whole
        /// These bytes: an update that has only what is new, or the update in the order that readers need.
        case part([UInt8])
    }

    public let forward: Forward
    /// Whether it has clocks that no struct covered. A document at its size limit takes only updates that have none.
    public let addsStructs: Bool
    /// Whether it deletes what was not deleted.
    public let addsDeletions: Bool

    /// Whether the document has all of it.
    public var isNothing: Bool { self.forward == .nothing }

    /// - Parameter bytes: what takes the place of the update that came.
    func rewritten(as bytes: [UInt8]) -> UpdateNews {
        guard self.forward == .whole else { return self }
        return UpdateNews(forward: .part(bytes), addsStructs: self.addsStructs, addsDeletions: self.addsDeletions)
    }
}
