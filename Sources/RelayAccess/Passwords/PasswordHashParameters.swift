/// What one argon2id hash costs.
public struct PasswordHashParameters: Hashable, Sendable {
    /// Memory of one hash, in KiB.
    public let memoryKiB: UInt32
    /// Passes over that memory.
    public let passes: UInt32
    /// Parts of the memory that are filled side by side.
    public let lanes: UInt32

    /// OWASP's choice for argon2id on servers: 19 MiB, two passes, one lane. About 30 ms of one core, and small enough
    /// that a burst of logins costs tens of MiB, not hundreds.
    public static let recommended = PasswordHashParameters(uncheckedMemoryKiB: 19_456, passes: 2, lanes: 1)

    /// - Parameters:
    ///   - memoryKiB: at least 8 for each lane, at most 4 GiB.
    ///   - passes: 1 to 100.
    ///   - lanes: 1 to 64. More than one makes argon2 start threads of its own.
    /// - Returns: nil where a value is out of range.
    public init?(memoryKiB: UInt32, passes: UInt32, lanes: UInt32) {
        guard (1...64).contains(lanes), (1...100).contains(passes), (8 * lanes...4 << 20).contains(memoryKiB) else {
            return nil
        }
        self.init(uncheckedMemoryKiB: memoryKiB, passes: passes, lanes: lanes)
    }

    private init(uncheckedMemoryKiB memoryKiB: UInt32, passes: UInt32, lanes: UInt32) {
        self.memoryKiB = memoryKiB
        self.passes = passes
        self.lanes = lanes
    }

    /// How a PHC string made with these parameters begins, up to the salt.
    var phcPrefix: String {
        "$argon2id$v=19$m=\(self.memoryKiB),t=\(self.passes),p=\(self.lanes)$"
    }

    /// A PHC string that no known password matches, and that costs as much to check as a real one.
    var unmatchablePHC: String {
        let salt = Base64URL.encode([UInt8](repeating: 0, count: Argon2.saltBytes))
        let hash = Base64URL.encode([UInt8](repeating: 0, count: Argon2.hashBytes))
        return "\(self.phcPrefix)\(salt)$\(hash)"
    }
}
