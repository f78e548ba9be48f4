/// Makes and checks password hashes, away from event loops and from the Swift concurrency pool.
///
/// All but ``needsRehash(_:)`` throw `overloaded` where too much work waits already, and `unavailable` after shutdown.
public protocol PasswordHashing: Sendable {
    /// - Returns: a PHC string with a fresh salt.
    func hash(_ password: String) async throws(AccessError) -> String

    /// - Returns: false also where `phc` is not a hash that this hasher can read.
    func verify(_ password: String, against phc: String) async throws(AccessError) -> Bool

    /// Costs as much as ``verify(_:against:)`` and never matches: for users that don't exist or have no password.
    func verifyDummy(_ password: String) async throws(AccessError)

    /// Whether `phc` was made with other parameters than new hashes are.
    func needsRehash(_ phc: String) -> Bool
}
