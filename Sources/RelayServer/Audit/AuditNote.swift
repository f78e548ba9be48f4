import RelayCore
import Synchronization

/// What a request's route notes while it answers: for the audit log who asks, on what, and what else there is to know; and whether it has
/// signed somebody in.
///
/// Owns it in a short `Mutex`: a route may do things side by side.
final class AuditNote: Sendable {
    struct Content: Sendable {
        var user: UserID?
        /// Whether who acts holds an administrator's permission at that moment, by what they have shown. Nothing that comes later changes it.
        var isAdministrator = false
        var target: String?
        /// What people call the target, where that is something else.
        var targetName: String?
        var details: [String: String] = [:]
        /// Nil: as the answer's status says.
        var signIn: SignInOutcome?
        /// Whether a user was made for whom it has signed in.
        var hasMadeUser = false
    }

    private let content = Mutex(Content())

    var noted: Content { self.content.withLock { $0 } }

    func note(user: UserID) { self.content.withLock { $0.user = user } }

    func note(user: UserID, isAdministrator: Bool) {
        self.content.withLock { content in
            content.user = user
            content.isAdministrator = isAdministrator
        }
    }

    func note(target: String) { self.content.withLock { $0.target = target } }

    /// - Parameter targetName: what people call the target; nil where that can't be found out.
    func note(targetName: String?) { self.content.withLock { $0.targetName = targetName } }

    func noteNewUser() {
        self.content.withLock { content in
            content.hasMadeUser = true
            content.details["user"] = "created"
        }
    }

    func note(signIn: SignInOutcome) { self.content.withLock { $0.signIn = signIn } }

    /// - Parameter value: never a secret.
    func note(_ name: String, _ value: String) { self.content.withLock { $0.details[name] = value } }
}
