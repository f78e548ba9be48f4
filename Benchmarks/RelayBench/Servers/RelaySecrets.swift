/// What a relay is given that nobody else may know. Relays that share their storage share these, too.
struct RelaySecrets: Hashable, Sendable {
    /// Both live for one run on loopback.
    let password = "bench-\(UInt64.random(in: .min ... .max))"
    let signingKey = "bench-\(UInt64.random(in: .min ... .max))-\(UInt64.random(in: .min ... .max))-0123456789"
}
