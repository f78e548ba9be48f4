import CArgon2

/// The one place that touches libargon2, and with it unsafe pointers. Blocks for as long as the hash takes.
enum Argon2 {
    static let saltBytes = 16
    static let hashBytes = 32

    /// libargon2 gave up: out of memory, mostly.
    struct Failure: Error, Hashable {
        let code: Int32
    }

    /// - Returns: a PHC string.
    static func hash(
        _ password: [UInt8],
        salt: [UInt8],
        _ parameters: PasswordHashParameters
    ) throws(Failure) -> String {
        let capacity = argon2_encodedlen(
            parameters.passes,
            parameters.memoryKiB,
            parameters.lanes,
            UInt32(salt.count),
            UInt32(Self.hashBytes),
            Argon2_id
        )
        var encoded = [CChar](repeating: 0, count: capacity)
        let code = unsafe argon2id_hash_encoded(
            parameters.passes,
            parameters.memoryKiB,
            parameters.lanes,
            password,
            password.count,
            salt,
            salt.count,
            Self.hashBytes,
            &encoded,
            capacity
        )
        guard code == ARGON2_OK.rawValue else { throw Failure(code: code) }
        return String(decoding: encoded.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// - Returns: false also where `phc` is no argon2id PHC string.
    static func verify(_ password: [UInt8], against phc: String) throws(Failure) -> Bool {
        let code = unsafe argon2id_verify(phc, password, password.count)
        switch code {
        case ARGON2_OK.rawValue: return true
        case ARGON2_MEMORY_ALLOCATION_ERROR.rawValue, ARGON2_THREAD_FAIL.rawValue: throw Failure(code: code)
        default: return false
        }
    }
}
