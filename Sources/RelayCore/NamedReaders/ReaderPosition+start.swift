extension ReaderPosition {
    /// Where a reader begins that comes to a stream with these bounds for the first time.
    ///
    /// Beyond the end there is nothing to be done with: a cursor from there stands at the end.
    public init(_ start: ReaderStart, in bounds: StreamBounds) {
        switch start {
        case .tail: self.init(epoch: bounds.epoch.id, id: bounds.last)
        case .cursor(.oldest): self.init(epoch: bounds.epoch.id, id: bounds.trimmedThrough)
        case .cursor(.after(let id)): self.init(epoch: bounds.epoch.id, id: min(id, bounds.last))
        case .cursor(.inEpoch(bounds.epoch.id, after: let id)):
            self.init(epoch: bounds.epoch.id, id: min(id, bounds.last))
        case .cursor(.inEpoch(let epoch, after: let id)): self.init(epoch: epoch, id: id)
        }
    }
}
