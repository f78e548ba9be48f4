import RelayAccess
import RelayCore
import RelayWire

/// What an edge hands messages to: the sink of a session's readers, for as long as the session's user may read.
protocol SessionSink: ReaderSink, AccessWatcher {
    var session: Session { get }
    var loop: DeliveryLoop { get }

    /// On the topics that it follows now.
    var readers: [Reader] { get }

    /// The user may read nothing any more, or it can't be found out: the client is told why, and all ends.
    func end(for refusal: AccessError)
}

extension SessionSink {
    var userID: UserID { self.session.account.id }

    var principal: Principal? { self.session.standingPrincipal(requiring: .read) }

    func accessMayHaveChanged() {
        do throws(AccessError) {
            _ = try self.session.standing(requiring: .read)
        } catch {
            return self.end(for: error)
        }
        for reader in self.readers { self.loop.current?.readers.recheck(reader) }
    }

    var nextExpiryCheck: Timestamp { self.session.expiresAt }
}
