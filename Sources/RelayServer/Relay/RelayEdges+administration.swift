import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayMetrics
import RelaySessions
import RelayWire

/// What administrators look at and do.
extension RelayEdges {
    /// What is made.
    struct Made {
        /// What the relay's port serves.
        let relay: HTTPServices
        /// What a port for metrics alone serves.
        let metrics: HTTPServices
        /// What a port for Pulse alone serves.
        let pulse: HTTPServices
        /// Does what peers ask of the relay by messages.
        let punches: PunchCoordinator
        /// What a port for the QUIC relay serves.
        let quic: QUICRelayServices
        let directory: NodeDirectory
        let audit: AuditTrail
        let reloader: ConfigurationReloader
        let registry: PrometheusRegistry
        let signIns: SignInMetrics
    }

    func administration(_ shared: Shared) -> AdministrationServices {
        let register = ConnectionRegister(self.loops)
        let directory = NodeDirectory(
            store: self.store as? any NodeStore,
            nodes: shared.nodes,
            now: self.broker.clock.now,
            describe: self.description(register, shared.health)
        )
        let audit = AuditTrail(
            node: directory.own,
            store: self.store,
            settings: { [live = self.live] in live.configuration.audit },
            now: self.broker.clock.now,
            logger: self.logger
        )
        let reloader = ConfigurationReloader(live: self.live, audit: audit, logger: self.logger)
        return AdministrationServices(
            configuration: self.live,
            reload: { () throws(ConfigurationFailure) in try reloader.reload() },
            directory: directory,
            connections: ClusterConnections(
                register: register,
                directory: directory,
                nodes: shared.nodes,
                loops: self.loops,
                sockets: self.sockets(
                    shared,
                    ConnectionQuota(maxPerUser: .max),
                    upTo: ClusterConnections.maxAnswerBytes
                ),
                users: self.access.users,
                now: self.broker.clock.now
            ),
            sessions: self.sessions.service,
            loops: self.loops,
            audit: audit
        )
    }

    /// Where other relays ask what their administrators want to know of this one.
    static func inquiries(_ administration: AdministrationServices) -> Routes.Entry {
        let connections = administration.connections
        return .init(
            .GET,
            NodeInquiryRoute.path,
            NodeInquiryRoute(nodes: connections.nodes, sockets: connections.sockets) {
                await connections.answer(text: $0)
            }
        )
    }

    private func description(
        _ register: ConnectionRegister,
        _ health: HealthChecks
    ) -> @Sendable () async -> NodeFacts {
        let (broker, memory, sessions, draining) = (self.broker, self.memory, self.sessions.service, self.draining)
        let url = self.configuration.tunnels.node?.description
        let backend = self.configuration.storage.backend.rawValue
        let startedAt = broker.clock.now().microseconds
        let host = ProcessInfo.processInfo.hostName
        return {
            let checks = await health.asked()
            let storage = checks.first { $0.name == "storage" }
            return NodeFacts(
                url: url,
                host: host,
                process: Int(getpid()),
                version: RelayVersion.current,
                status: HealthCheck.overall(checks).rawValue,
                isDraining: draining.isUnderWay,
                checks: checks.map {
                    NodeFacts.Check(
                        name: $0.name,
                        status: $0.status.rawValue,
                        message: $0.message,
                        milliseconds: $0.milliseconds
                    )
                },
                startedAt: startedAt,
                memory: NodeFacts.Memory(
                    held: memory.total,
                    limit: memory.order.limits.whole,
                    resident: ProcessMetrics().residentBytes
                ),
                connections: await register.count(),
                topicsInMemory: broker.statistics.residentTopics,
                sessions: sessions.active,
                storage: NodeFacts.Storage(
                    backend: backend,
                    status: storage?.status == .healthy ? "ok" : storage?.message ?? "unhealthy"
                )
            )
        }
    }
}
