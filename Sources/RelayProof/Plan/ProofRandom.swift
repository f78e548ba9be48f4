import Foundation

/// SplitMix64: the same numbers for the same seed, on every machine.
public struct ProofRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        self.state = seed
    }

    public mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Exponentially distributed around `mean`; at most ten times it, so that nothing takes for ever.
    public mutating func span(mean: Duration) -> Duration {
        let uniform = Double.random(in: 0x1p-53..<1, using: &self)
        return mean * min(-log(uniform), 10)
    }
}
