/// Which of the streams that a peer has but one of it has opened.
struct OnlyStreams {
    private var roles: Set<PeerStreamReader.Role> = []

    /// - Throws: a violation of the connection, where there is one already.
    mutating func opened(_ role: PeerStreamReader.Role) throws(HTTP3Violation) {
        switch role {
        case .control, .encoder, .decoder:
            guard self.roles.insert(role).inserted else {
                throw .connection(.streamCreation, "There can be but one such stream")
            }
        case .session, .unknown: break
        }
    }
}
