import ValkeyFixture

typealias SharedServer = SharedProcess<ValkeyServerProcess>
typealias SharedCluster = SharedProcess<ValkeyClusterProcess>

/// The server and the cluster of this target's tests.
enum Shared {
    static let server = SharedServer()
    static let cluster = SharedCluster()
}
