import RelayClient

/// What a session's topic tells one of its peers about tunnels.
enum TunnelNews: Hashable, Sendable {
    /// From now on nothing is missed.
    case following
    /// A guest asks for a tunnel.
    case requested(tunnelID: String, by: String)
    case accepted(tunnelID: String)
    case closed(tunnelID: String, reason: String)
    /// For whoever watches.
    case notice(String)

    /// - Parameter message: of the session's own topic.
    init?(_ message: RelayMessage) {
        // Peers may say what they like: only the relay's word counts.
        guard message.sender == nil, let type = message.payload.text("type") else { return nil }
        switch (type, message.payload.text("tunnel_id")) {
        case ("tunnel_requested", let id?):
            self = .requested(tunnelID: id, by: message.payload.text("from_peer_id") ?? "?")
        case ("tunnel_accepted", let id?): self = .accepted(tunnelID: id)
        case ("tunnel_closed", let id?):
            self = .closed(tunnelID: id, reason: message.payload.text("reason") ?? "closed")
        case ("session_state", _):
            guard let state = message.payload.text("state"), ["closing", "closed", "expired"].contains(state) else {
                return nil
            }
            self = .notice("the session is \(state)")
        default: return nil
        }
    }

    /// Follows the session of a member until it is cancelled or the session is over.
    ///
    /// - Throws: `RelayError` where the member may not read it any more; `CancellationError`.
    static func follow(_ member: SessionMember, _ body: (TunnelNews) -> Void) async throws {
        var isFirst = true
        while true {
            do {
                try await Self.followOnce(member, &isFirst, body)
            } catch let error as RelayError where [.refused, .subscriptionEnded].contains(error.code) {
                // A peer that was away for too long has left, and may come back.
                try await member.confirm()
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private static func followOnce(
        _ member: SessionMember,
        _ isFirst: inout Bool,
        _ body: (TunnelNews) -> Void
    ) async throws {
        for try await event in try member.client.subscribe(SubscriptionOptions(topics: [member.topic])) {
            switch event {
            case .subscribed:
                body(isFirst ? .following : .notice("connected to the relay again"))
                isFirst = false
            case .message(let message):
                if let news = TunnelNews(message) { body(news) }
            case .reconnecting(let reason, _): body(.notice(reason))
            case .error(_, let message): body(.notice("the relay says: \(message)"))
            case .gap: continue
            }
        }
        throw RelayError(.subscriptionEnded, detail: "the session has ended")
    }
}

extension JSONDocument {
    /// A member of an object that is a text.
    func text(_ key: String) -> String? {
        guard case .string(let text)? = self[key] else { return nil }
        return text
    }
}
