import NIOHTTP1
import RelayAccess
import RelayCore

extension SignInWay {
    /// Whether the audit log may have it: a new token for an old one is no sign-in, and a device's has been approved, which is recorded.
    var isRecorded: Bool {
        switch self {
        case .password, .provider: true
        case .refresh, .device, .handover, .issuer: false
        }
    }
}

extension RESTCall {
    /// Counts what came of a request that signs somebody in.
    ///
    /// - Parameter isRecorded: whether it is recorded, too.
    func signedIn(_ way: SignInWay, _ reply: Reply, isRecorded: Bool) async {
        let status = Int(reply.status.code)
        guard let noted = self.note?.noted, let outcome = noted.signIn ?? SignInOutcome(status: status) else { return }
        self.services.signIns.count(way, outcome)
        guard isRecorded, way.isRecorded, let trail = self.services.audit else { return }
        switch outcome {
        case .ok: await self.record(way, noted, status, trail)
        case .refused: await self.recordRefusal(way, noted, status, trail)
        case .limited: break
        }
    }

    private func record(_ way: SignInWay, _ noted: AuditNote.Content, _ status: Int, _ trail: AuditTrail) async {
        guard trail.signIns != .none, let id = noted.user, let user = await self.user(id) else { return }
        let isAdministrator = user.permissions.contains(.admin)
        let isWanted = trail.signIns == .all || noted.hasMadeUser || isAdministrator
        guard isWanted else { return }
        let act = self.act("signin.begin", way, noted, user, .ok, status)
        // Administrators' programs may log in as often as they like, too.
        trail.record(act, by: isAdministrator ? .administratorSignIn(id) : .user(id), in: self.context.names)
    }

    /// Without what was typed, which may be a password. What comes back from no sign-in that this relay has begun is not recorded.
    private func recordRefusal(
        _ way: SignInWay,
        _ noted: AuditNote.Content,
        _ status: Int,
        _ trail: AuditTrail
    ) async {
        guard way != .provider || noted.details["provider"] != nil else { return }
        let user = await self.user(noted.user)
        let act = self.act("signin.refused", way, noted, user, .refused, status)
        trail.record(act, by: .stranger, in: self.context.names)
    }

    private func act(
        _ action: String,
        _ way: SignInWay,
        _ noted: AuditNote.Content,
        _ user: User?,
        _ outcome: AuditRecord.Outcome,
        _ status: Int
    ) -> AuditAct {
        AuditAct(
            user: noted.user,
            username: user?.username,
            address: self.clientAddress,
            action: action,
            outcome: outcome,
            status: status,
            details: noted.details.merging(["way": way.rawValue]) { own, _ in own }
        )
    }
}
