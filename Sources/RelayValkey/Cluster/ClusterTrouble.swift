import NIOCore

/// Errors after which a command is certain not to have run, and may do better elsewhere or later. All others are the caller's.
enum ClusterTrouble: Equatable {
    /// The slot is that node's from now on.
    case moved(slot: Int, ValkeyAddress)
    /// The slot is about to be that node's, which serves this one command if it is told `ASKING` before.
    case ask(ValkeyAddress)
    /// Nobody is able to serve it now. The map may be out of date.
    case later

    /// - Parameter source: the node that the error is from. It means its own host where it gives none.
    /// - Returns: nil where the error is final.
    init?(_ error: ValkeyError, from source: ValkeyAddress) {
        if let server = error.server {
            self.init(server, from: source)
            return
        }
        guard !error.mayHaveRun else { return nil }
        switch error.code {
        // The node, not the cluster, may be closed: it has left.
        case .unavailable, .disconnected, .closed: self = .later
        default: return nil
        }
    }

    init?(_ error: ValkeyServerError, from source: ValkeyAddress) {
        switch error.prefix {
        case "MOVED":
            guard let (slot, address) = Self.target(error.message, source) else { return nil }
            self = address.map { .moved(slot: slot, $0) } ?? .later
        case "ASK":
            guard let (_, address) = Self.target(error.message, source) else { return nil }
            self = address.map { .ask($0) } ?? .later
        case "TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN": self = .later
        default: return nil
        }
    }

    /// Reads `3999 127.0.0.1:6381`. An IPv6 address comes without brackets: the port is behind the last colon.
    ///
    /// - Returns: no address where the server doesn't know yet by which name the other one goes.
    private static func target(_ message: String, _ source: ValkeyAddress) -> (Int, ValkeyAddress?)? {
        let parts = message.split(separator: " ")
        guard parts.count == 2, let slot = Int(parts[0]), (0..<HashSlot.count).contains(slot),
            let colon = parts[1].lastIndex(of: ":"),
            let port = Int(parts[1][parts[1].index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        let host = String(parts[1][..<colon])
        guard host != "?" else { return (slot, nil) }
        return (slot, ValkeyAddress(host: host.isEmpty ? source.host : host, port: port))
    }
}
