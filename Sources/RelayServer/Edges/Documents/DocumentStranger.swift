import NIOCore
import RelayAccess

/// The client of a WebSocket that was opened without a token. Its first document ends that.
struct DocumentStranger {
    private let gate: StrangerGate
    let address: String

    init(_ gate: StrangerGate, address: String) {
        self.gate = gate
        self.address = address
    }

    /// - Parameter body: closes the connection.
    func onExcess(_ body: @escaping () -> Void) { self.gate.onExcess = body }

    /// The client turns out to be a user, or one of those who need no token.
    ///
    /// - Returns: false where these have as many connections as they may.
    func become(_ session: Session, on connection: WebSocketConnection, _ services: DocumentServices) -> Bool {
        guard let place = services.place(of: session, at: self.address) else { return false }
        connection.adopt(place)
        self.gate.lift()
        return true
    }
}
