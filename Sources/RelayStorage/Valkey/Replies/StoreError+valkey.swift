import RelayCore
import RelayValkey

extension StoreError {
    /// What the client's error means for what was asked. A script runs whole or not at all, and one that the server refuses with
    /// an error of these kinds has changed nothing.
    init(valkey error: ValkeyError) {
        if let server = error.server {
            self.init(server: server)
        } else {
            self.init(error.mayHaveRun ? .outcomeUnknown : .unavailable, "\(error)")
        }
    }

    /// OOM and MISCONF are told before a script's first write: the server decides both for a script as a whole, when that begins.
    init(server error: ValkeyServerError) {
        switch error.prefix {
        case "OOM", "MISCONF":
            self.init(.full, "the server takes no more: \(error)")
        case "WRONGPASS", "NOAUTH", "NOPERM":
            self.init(.unavailable, "the server refuses this relay's user or password: \(error)")
        case "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "TRYAGAIN", "MOVED", "ASK", "BUSY":
            self.init(.unavailable, "the server is not able to serve now: \(error)")
        case "ERR" where error.message.hasPrefix("ACL failure"):
            self.init(.unavailable, "the server does not let this relay's user run a command that it needs: \(error)")
        case "WRONGTYPE":
            self.init(
                .corrupt,
                "another program has changed a key of the relay: it holds another kind of value: \(error)"
            )
        // A script has come upon something that the relay does not write.
        case _ where error.isFromScript:
            self.init(.corrupt, "the server could not do it: \(error)")
        // A single command that the server refuses has changed nothing, and says nothing of what is stored.
        default:
            self.init(.unavailable, "the server could not do it: \(error)")
        }
    }

    static let closed = StoreError(.unavailable, "the store is closed")

    /// The server answered what none of our scripts answers.
    static func unexpected(_ what: String) -> StoreError {
        StoreError(.corrupt, "unexpected answer of the server: \(what)")
    }
}

extension ValkeyServerError {
    /// Whether the key holds another kind of value: whoever put it there, it is this record's trouble, and no other's.
    var isWrongType: Bool { self.prefix == "WRONGTYPE" }

    /// Whether a script broke off: servers name its place then.
    fileprivate var isFromScript: Bool {
        self.message.contains("@user_script") || self.message.contains("user_script:")
    }
}
