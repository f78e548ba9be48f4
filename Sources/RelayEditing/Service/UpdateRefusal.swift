public import RelayCore

/// Why an update was not taken. The raw value names it in metrics.
public enum UpdateRefusal: String, CaseIterable, Sendable {
    case malformed
    /// Whoever has sent it may not write, or not any more.
    case denied
    /// The document is too large to take it.
    case full
    /// The store could not take it now: it is worth another try.
    case unstored

    /// What a publish that failed makes of its update.
    public init(_ error: BrokerError) {
        switch error {
        case .denied, .missing, .exists: self = .denied
        case .refused: self = .malformed
        case .quota, .full, .moved, .overloaded, .tooManyWaiting, .store: self = .unstored
        }
    }
}
