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
        case .noMemory: self = .overloaded
        }
    }
}
