import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// Who the client of a connection to rooms is, whatever rooms it is in. Lives on its connection's loop.
final class RoomGuest {
    let services: DocumentServices
    let entrance: DocumentEntrance
    let clientID = "client_" + String(UInt64.random(in: (1 << 44)..<(1 << 48)), radix: 16)
    /// Of the token that the connection was opened with, or of the last that a message has brought; nil for none.
    private(set) var session: Session?
    /// Whether awareness goes with its length: as the client last wrote it, in any room.
    var writesLength: Bool
    /// Whether the client has no place yet among its user's connections, or among those of people without a token.
    private(set) var isStranger: Bool
    private var patience: Scheduled<Void>?
    var malformed = MalformedCount()

    /// - Parameters:
    ///   - session: of the token that the connection was opened with; nil makes the client a stranger.
    ///   - address: of the client, where it has shown no token.
    ///   - writesLength: before the client has said it.
    init(_ session: Session?, at address: String?, _ services: DocumentServices, writesLength: Bool) {
        self.services = services
        self.entrance = DocumentEntrance(services: services, opener: session, address: address)
        self.session = session
        self.isStranger = session == nil
        self.writesLength = writesLength
    }

    /// The connection is open: from here on a stranger has its time to say who it is.
    func came(by line: some RoomLine) {
        guard self.isStranger else { return }
        let loop = line.loop.eventLoop.assumeIsolated()
        self.patience = loop.scheduleTask(in: self.services.strangers.patience) { [weak line] in
            line?.fail(.denied)
            line?.putOut(.noTokenInTime)
        }
    }

    /// The connection is closed.
    func left() {
        self.patience?.cancel()
        self.patience = nil
    }

    /// Goes on with who the client says that it is. It says nothing new without a token, where it has shown one before.
    ///
    /// - Parameter json: with a token, or without one. What else it says is for people to read, and nothing that the relay needs.
    func authenticate(_ json: ByteBuffer, by line: some RoomLine, then body: @escaping (Session) -> Void) {
        let token = JSONScanner.text(ofMember: "token", in: json) ?? ""
        if token.isEmpty, self.session != nil { return }
        self.entrance.session(token, for: line) { result in
            switch result {
            case .failure(let error):
                line.refuseToken(error.detail)
                line.fail(.denied)
            case .success(let session): body(session)
            }
        }
    }

    /// The client counts as this one from here on.
    func adopt(_ session: Session) { self.session = session }

    /// As ``adopt(_:)``, where it must have its place too.
    ///
    /// - Returns: false where there are as many connections as may be.
    func become(_ session: Session, by line: some RoomLine) -> Bool {
        if self.isStranger {
            guard line.takePlace(of: session) else { return false }
            self.isStranger = false
            self.left()
        }
        self.session = session
        return true
    }
}
