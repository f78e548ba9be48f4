import Testing

/// What becomes of delivery when parts fail. Two relays on one server, or on one cluster; one row after the other, since each needs the machine for
/// itself.
///
/// A row ends with the prover's verdict: what was acknowledged has reached every reader once and in order, or was told as a gap.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct FaultMatrix {
    /// A payload that says that.
    static func text(_ words: String) -> String { #"{"text":"\#(words)"}"# }
}
