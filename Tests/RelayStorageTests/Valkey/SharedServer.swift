import ValkeyFixture

typealias SharedServer = SharedProcess<ValkeyServerProcess>
typealias SharedCluster = SharedProcess<ValkeyClusterProcess>

/// The servers and the cluster of this target's tests.
enum Shared {
    static let server = SharedServer()
    /// A server that knows `WAITAOF`, with all on the disk. Only where there is one.
    static let syncing = SharedServer(ValkeyServerOptions(isDurable: true, isRecent: true))
    static let cluster = SharedCluster()
}
