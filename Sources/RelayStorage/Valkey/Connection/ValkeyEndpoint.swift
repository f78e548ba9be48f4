import NIOCore
public import RelayValkey

/// Where a store's keys are.
public enum ValkeyEndpoint: Sendable, CustomStringConvertible {
    case server(ValkeyAddress)
    /// A cluster, by some of its nodes; at least one.
    case cluster(seeds: [ValkeyAddress])

    public var description: String {
        switch self {
        case .server(let address): "\(address)"
        case .cluster(let seeds): "the cluster of \(seeds.map(\.description).joined(separator: ", "))"
        }
    }

    func makeRouter(
        _ configuration: ValkeyConfiguration,
        loops: [any EventLoop],
        onChange: @escaping @Sendable () -> Void
    ) throws -> any ValkeyRouter {
        switch self {
        case .server(let address): try ValkeyNode(address, configuration, loops: loops, onChange: onChange)
        case .cluster(let seeds): try ValkeyCluster(seeds: seeds, configuration, loops: loops, onChange: onChange)
        }
    }
}
