import RelayCore
import RelayWire

extension SessionService {
    /// Who is in a session now, whoever asks: nobody where it is over.
    ///
    /// - Returns: nil where that can't be known now.
    public func peers(of id: SessionID) async -> Set<PeerID>? {
        do throws(SessionFailure) {
            let session = try await self.session(id, as: .relay)
            return session.state.isEnded ? [] : Set(session.peers.map(\.id))
        } catch {
            switch error {
            case .refused(.sessionUnknown), .broker(.missing): return []
            default: return nil
            }
        }
    }

    /// Tells the other relays of a store which ways a session's peers take.
    public func tell(_ news: PathNews, of id: SessionID) async throws(SessionFailure) {
        do throws(BrokerError) {
            try await self.broker.announce([news.draft], to: Self.presence(of: id))
        } catch {
            throw .broker(error)
        }
    }

    /// What relays have told of the ways of a session's peers: the newest of each.
    public func pathNews(of id: SessionID) async throws(SessionFailure) -> [PathNews] {
        do throws(BrokerError) {
            var news: [String: PathNews] = [:]
            var cursor = Cursor.oldest
            while true {
                let page = try await self.broker.history(
                    of: Self.presence(of: id),
                    .ascending,
                    cursor: cursor,
                    limit: Self.pageOfPresence,
                    as: .relay
                )
                for message in page.messages {
                    if let told = PathNews(message) { news[told.relay] = told }
                }
                guard page.messages.count == Self.pageOfPresence, let last = page.messages.last else { break }
                cursor = .after(last.id)
            }
            return Array(news.values)
        } catch {
            // The session has just gone, and its topics with it.
            if case .missing = error { return [] }
            throw .broker(error)
        }
    }

    private static let pageOfPresence = 200

    private static func presence(of id: SessionID) -> TopicKey {
        TopicKey(name: SessionTopicName(id, .presence).topicName)
    }
}
