import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire

/// What carries the words of a room's client and of the relay: a WebSocket whose binary messages are those of y-protocols, or Socket.IO's
/// events. What is said is the same. Called on its loop.
protocol RoomLine: DocumentConnection {
    /// Who the client is, in all of its rooms.
    var guest: RoomGuest { get }

    /// Tells the client what became of what it wanted.
    func tell(_ notice: RoomNotice)

    /// The token that the client has shown is not taken.
    func refuseToken(_ reason: String)

    /// Sends at once.
    ///
    /// - Parameter message: of y-protocols, or of Zeal's own.
    func send(_ message: [UInt8], of visit: RoomVisit)

    /// What goes out with the next ``DocumentConnection/flush()``.
    ///
    /// - Parameter hasLength: whether awareness goes with its length.
    func deliver(_ batch: Batch, of part: DocumentPart, hasLength: Bool, to visit: RoomVisit)

    /// The client is in the room no more, and may come again.
    func left(_ visit: RoomVisit)

    /// A stranger turns out to be a user, or one of those who need no token.
    ///
    /// - Returns: false where these have as many connections as they may.
    func takePlace(of session: Session) -> Bool

    /// Closes the connection.
    func putOut(_ reason: RoomDismissal)
}

/// For what the relay closes a connection to rooms.
enum RoomDismissal {
    case noTokenInTime
    case malformedMessages
}

extension RoomLine {
    func fail(_ failure: RoomFailure) {
        let notice = failure.notice
        if case .failed(_, let code) = notice {
            self.guest.services.publisher.metrics.failed(.webSocket, code: code)
        }
        self.tell(notice)
    }

    func receivedNonsense() {
        self.guest.services.metrics.refused(.malformed)
        self.fail(.malformed)
        if self.guest.malformed.note() { self.putOut(.malformedMessages) }
    }
}
