import Foundation
import RelayAccess
import RelayCore
import Synchronization

/// The sessions of Engine.IO whose clients come back by other requests, by their ids: those that poll, or did so at first. From any thread.
///
/// Owns the table, in a short `Mutex`.
final class EngineSessions: Sendable {
    private let entries = Mutex<[String: EngineSessionEntry]>([:])

    var count: Int { self.entries.withLock { $0.count } }

    subscript(sid: String) -> EngineSessionEntry? { self.entries.withLock { $0[sid] } }

    func add(_ entry: EngineSessionEntry, as sid: String) { self.entries.withLock { $0[sid] = entry } }

    func remove(_ sid: String) { self.entries.withLock { _ = $0.removeValue(forKey: sid) } }

    /// An id that nobody can guess: 192 bits.
    static func newID() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<24).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }
}

/// A session of Engine.IO, as requests on any loop find it.
final class EngineSessionEntry: Sendable {
    let session: LoopReference<EngineSession>
    /// Who opened it: requests of others don't find it.
    let address: String
    /// nil: somebody who showed no token.
    private let opener: (user: UserID, scope: TokenScope?)?
    /// Who the client is known as by now.
    private let known: Mutex<Session?>

    init(_ session: LoopReference<EngineSession>, address: String, opener: Session?) {
        self.session = session
        self.address = address
        self.opener = opener.map { ($0.account.id, $0.scope) }
        self.known = Mutex(opener)
    }

    var client: Session? { self.known.withLock { $0 } }

    /// Whether somebody opened it who showed a token.
    var hasOpener: Bool { self.opener != nil }

    /// Whether a request's token is its opener's, or another with the same limits: a token for some topics must not get at what one for all
    /// has opened.
    func isOpened(by session: Session?) -> Bool {
        guard let session, let opener = self.opener else { return false }
        return session.account.id == opener.user && session.scope == opener.scope
    }

    func clientIsKnown(as session: Session) { self.known.withLock { $0 = session } }
}
