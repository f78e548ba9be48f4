import RelayAccess
import RelayCore

/// What a route asks of a request before it takes its body.
enum Admission: Sendable {
    /// Nothing: anyone may send so many bytes.
    case open(maxBodyBytes: Int)
    /// That its client's address keeps to the rate. It has no token yet, so it may not send more than so many bytes.
    case counted(RateLimitRule, maxBodyBytes: Int)
    /// A token whose user holds these permissions; none: any user's.
    ///
    /// - maxBodyBytes: of its body; nil: what bodies may have in general.
    case caller(Permissions, maxBodyBytes: Int? = nil)
}
