import NIOPosix
import Synchronization

/// argon2id on threads of its own. Shut it down before dropping it.
public final class PasswordHasher: PasswordHashing {
    private let parameters: PasswordHashParameters
    private let maximumJobs: Int
    private let pool: NIOThreadPool
    /// Jobs that run or wait.
    private let jobs = Atomic<Int>(0)

    /// - Parameters:
    ///   - threads: how many hashes run at the same time, each with `parameters.memoryKiB`. At least 1.
    ///   - maximumWaiting: how many more may wait for a thread. Beyond it callers get `overloaded`. With the default
    ///     parameters and two threads, 64 wait about a second.
    public init(
        parameters: PasswordHashParameters = .recommended,
        threads: Int = 2,
        maximumWaiting: Int = 64
    ) {
        let threads = max(1, threads)
        self.parameters = parameters
        self.maximumJobs = threads + max(0, maximumWaiting)
        self.pool = NIOThreadPool(numberOfThreads: threads)
        self.pool.start()
    }

    /// Lets running hashes end; what waits, and every later call, fails with `unavailable`.
    public func shutdown() async {
        // The pool fails only where it was shut down before, which is what is asked for.
        try? await self.pool.shutdownGracefully()
    }

    public func hash(_ password: String) async throws(AccessError) -> String {
        let parameters = self.parameters
        let salt = SecureRandom.bytes(Argon2.saltBytes)
        return try await self.run { () throws(Argon2.Failure) in
            try Argon2.hash(Array(password.utf8), salt: salt, parameters)
        }
    }

    public func verify(_ password: String, against phc: String) async throws(AccessError) -> Bool {
        try await self.run { () throws(Argon2.Failure) in
            try Argon2.verify(Array(password.utf8), against: phc)
        }
    }

    public func verifyDummy(_ password: String) async throws(AccessError) {
        _ = try await self.verify(password, against: self.parameters.unmatchablePHC)
    }

    public func needsRehash(_ phc: String) -> Bool {
        !phc.hasPrefix(self.parameters.phcPrefix)
    }

    /// Not cancelled with its caller: what was begun ends soon, and the bound counts it until then.
    private func run<Value: Sendable>(
        _ job: @escaping @Sendable () throws(Argon2.Failure) -> Value
    ) async throws(AccessError) -> Value {
        defer { self.jobs.subtract(1, ordering: .relaxed) }
        guard self.jobs.add(1, ordering: .relaxed).newValue <= self.maximumJobs else { throw AccessError(.overloaded) }
        let result: Result<Value, AccessError> = await withCheckedContinuation { continuation in
            self.pool.submit { state in
                continuation.resume(returning: state == .active ? Self.result(of: job) : .failure(Self.stopped))
            }
        }
        return try result.get()
    }

    private static var stopped: AccessError { AccessError(.unavailable, cause: "the password hasher is shut down") }

    private static func result<Value>(of job: () throws(Argon2.Failure) -> Value) -> Result<Value, AccessError> {
        do {
            return .success(try job())
        } catch {
            return .failure(AccessError(.overloaded, cause: "argon2 failed with code \(error.code)"))
        }
    }
}
