import RelayAccess
import RelayCore
import RelayEditing
import RelayWire

/// What the client of a room is told that something was not done for.
enum RoomFailure: Hashable {
    case capacityReached
    case limitReached
    case tooLarge
    case notJoined
    case denied
    case malformed
    /// Try again later.
    case unavailable(String)
    /// What was asked for can't be done.
    case refused(String)

    init(_ refusal: DocumentRefusal) {
        switch refusal {
        case .broker(.denied), .broker(.missing): self = .denied
        case .broker, .noMemory: self = .unavailable(refusal.clientText)
        case .tooManyDocuments: self = .limitReached
        case .tooManyConnections, .tooManyOfUser: self = .capacityReached
        }
    }

    init(_ refusal: UpdateRefusal) {
        switch refusal {
        case .denied, .malformed: self = .denied
        case .full: self = .refused(refusal.clientText)
        case .unstored: self = .unavailable(refusal.clientText)
        }
    }

    init(_ end: DocumentEnd) {
        switch end {
        case .denied, .expired: self = .denied
        case .deleted: self = .refused(end.clientText)
        case .unavailable(let reason): self = .unavailable(reason)
        }
    }

    var notice: RoomNotice {
        switch self {
        case .capacityReached: .failed(text: "Room capacity reached", code: "ROOM_CAPACITY_REACHED")
        case .limitReached: .failed(text: "Room limit reached", code: "ROOM_LIMIT_REACHED")
        case .tooLarge: .failed(text: "Message too large", code: "MESSAGE_TOO_LARGE")
        case .notJoined: .failed(text: "Not joined", code: "NOT_JOINED")
        case .denied: .failed(text: "Permission denied", code: "PERMISSION_DENIED")
        case .malformed: .failed(text: "Malformed message", code: "MALFORMED_MESSAGE")
        case .unavailable(let text): .failed(text: text, code: "UNAVAILABLE")
        case .refused(let text): .failed(text: text, code: "REFUSED")
        }
    }
}
