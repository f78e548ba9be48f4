/// Which servers a client takes for the one that it wants.
public enum QUICTrust: Hashable, Sendable {
    /// Those whose certificate has one of these SHA-256 digests, 32 bytes each.
    case certificates([[UInt8]])
    /// Any. Only for tests.
    case unchecked
}

extension QUICTrust {
    /// One behind the other; empty where any certificate is taken.
    var digests: [UInt8] {
        guard case .certificates(let digests) = self else { return [] }
        return digests.flatMap { $0 }
    }
}
