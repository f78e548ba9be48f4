import Foundation
import NIOCore

/// Says why the relay can't listen, and what to do about it.
enum ListenFailure {
    /// The keys of the configuration that say where to listen.
    struct Keys {
        var host: String
        var port: String

        static let http = Keys(host: "host", port: "port")
        static let metrics = Keys(host: "host", port: "prometheus_port")
        static let pulse = Keys(host: "pulse_host", port: "pulse_port")
        static let peerPort = Keys(host: "udp_bind", port: "udp_bind")

        fileprivate var both: String { self.host == self.port ? self.host : "\(self.host) and \(self.port)" }
    }

    static func text(_ error: any Error, host: String, port: Int, keys: Keys = .http) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            "port \(port) of \(host) is in use: stop what listens there, or set \(keys.port) to another one"
        case EADDRNOTAVAIL:
            "this machine has no address \(host): set \(keys.host) to one that it has, or to 0.0.0.0 for all"
        case EACCES:
            "the system does not let this user listen on port \(port): set \(keys.port) to 1024 or more"
        default:
            "can't listen on \(host):\(port), so look at \(keys.both): \(error)"
        }
    }
}
