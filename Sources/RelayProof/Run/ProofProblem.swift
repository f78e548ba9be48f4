/// Why a proof could not even begin: nothing is said about the relay's promises.
public struct ProofProblem: Error, Sendable, CustomStringConvertible {
    /// For whoever ran it.
    public let description: String
}
