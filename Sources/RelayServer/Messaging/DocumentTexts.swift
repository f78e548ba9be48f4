import NIOHTTP1
import RelayAccess
import RelayCore
import RelayEditing

extension DocumentRefusal {
    /// What a client is told in its own protocol.
    var clientText: String {
        switch self {
        case .broker(.denied), .broker(.missing): UpdateRefusal.denied.clientText
        case .broker(let error): error.clientText
        case .tooManyDocuments: "Room limit reached"
        case .tooManyConnections: "Room capacity reached"
        case .tooManyOfUser: "Too many connections to this document"
        case .noMemory: AccessError(.overloaded).detail
        }
    }
}

extension UpdateRefusal {
    /// What a client is told in its own protocol.
    var clientText: String {
        switch self {
        case .denied, .malformed: "Permission denied"
        case .full: "The document is as large as it may be"
        case .unstored: "Try again later"
        }
    }
}

extension Reply {
    init(_ refusal: DocumentRefusal) {
        switch refusal {
        case .broker(let error): self.init(error)
        case .tooManyDocuments, .tooManyConnections: self = .unavailable(refusal.clientText)
        case .tooManyOfUser:
            self.init(.tooManyRequests, detail: refusal.clientText)
            self.headers.add(name: "retry-after", value: "5")
        case .noMemory: self = .overloaded
        }
    }
}
