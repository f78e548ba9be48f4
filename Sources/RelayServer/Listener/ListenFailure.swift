import Foundation
import NIOCore

/// Says why the relay can't listen, and what to do about it.
enum ListenFailure {
    static func text(_ error: any Error, host: String, port: Int) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            "port \(port) of \(host) is in use: stop what listens there, or set port to another one"
        case EADDRNOTAVAIL:
            "this machine has no address \(host): set host to one that it has, or to 0.0.0.0 for all"
        case EACCES:
            "the system does not let this user listen on port \(port): set port to 1024 or more"
        default:
            "can't listen on \(host):\(port), so look at host and port: \(error)"
        }
    }
}
