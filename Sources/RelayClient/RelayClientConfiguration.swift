import Foundation
public import NIOSSL
public import RelayWire

/// Limits and habits of a ``RelayClient``.
public struct RelayClientConfiguration: Sendable {
    /// How often and how soon to try again.
    public var retry = RetryPolicy()
    /// From the start of a request to the end of its answer. Default 30 s. A poll takes its own timeout and 5 s more.
    public var requestTimeout: Duration = .seconds(30)
    /// Longer answers are refused. Default 64 MiB.
    public var maxReplyBytes = 64 << 20
    /// Trust settings of `wss` connections. Default: the system's certificate authorities.
    public var tls: TLSConfiguration = .clientDefault
    /// Measures the waits between attempts.
    public var clock: any Clock<Duration> = ContinuousClock()
    /// The wall clock that the life of tokens is measured by.
    public var now: @Sendable () -> Timestamp = {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    /// The defaults.
    public init() {}
}
