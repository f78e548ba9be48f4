import Logging
import RelayAccess
import RelayCore
import RelayStorage

/// What is checked and made before the first request.
struct RelayStartup: Sendable {
    let configuration: RelayConfiguration
    let store: any RelayStore
    let logger: Logger

    /// Refuses an unsafe configuration, and finds the secret that signs tokens.
    func checkAndFindSecret() async throws -> Secret {
        let problems = StartupGuard.check(self.configuration)
        let errors = problems.filter { $0.severity == .error }
        guard errors.isEmpty else { throw RelayStartError.refused(errors) }
        for warning in problems { self.logger.warning("\(warning)") }
        try await self.refuseUnfinishedCopy()
        switch StartupGuard.secretPlan(self.configuration) {
        case .configured(let secret):
            return secret
        case .random, .missing:
            return SecretFile.randomSecret()
        case .file(let path):
            do {
                return try SecretFile(path: path).loadOrCreate().secret
            } catch {
                throw RelayStartError.unavailable("the secret file can't be used: \(error)")
            }
        }
    }

    /// A store that is half filled from another has some users and some messages only.
    private func refuseUnfinishedCopy() async throws {
        // A store that can't be asked says so where it is used first.
        guard let source = try? await self.store.unfinishedCopy(at: RelayClock.system.now()) else { return }
        throw RelayStartError.unavailable(
            "the store holds an unfinished copy of \(source): finish it with 'pulsar-relay store copy'"
        )
    }

    /// Warns where the relay that started last on this store signs with another secret. No reason not to start: while the secret is
    /// being changed, relays with the old one and with the new one run side by side.
    func compareSecret(_ secret: Secret, in store: any SharedTokenSecrets) async {
        let fingerprint = TokenSecretFingerprint.of(secret.value)
        do {
            let other = try await store.exchangeTokenSecret(fingerprint: fingerprint)
            guard let other, other != fingerprint else { return }
            self.logger.warning(
                """
                the relay that started last on this store signs tokens with another secret, and the two refuse each other's: \
                unless you are changing it, set jwt_secret_key to the same text for all relays
                """
            )
        } catch {
            self.logger.warning("the token secret could not be compared", metadata: ["error": "\(error)"])
        }
    }

    /// Warns where Valkey may drop keys to make room: nobody would be told of messages, users and tokens that are gone so.
    func warnOfEviction(in store: ValkeyStore) async {
        guard let policy = await store.evictionPolicy() else { return }
        self.logger.warning(
            """
            Valkey drops keys when its memory is full, and with them messages, users and tokens: set its maxmemory-policy to \
            noeviction, with which it refuses writes instead
            """,
            metadata: ["maxmemory-policy": "\(policy)"]
        )
    }

    /// Makes sure that there is somebody who can log in: the configured administrator, or one with a random password
    /// if none is configured and there is no user yet.
    ///
    /// - Parameter announce: told the random password, once.
    func makeAdministrator(
        _ users: UserAdministration,
        announce: (_ username: String, _ password: String) -> Void
    ) async throws {
        let access = self.configuration.access
        let username = access.bootstrapAdminUsername
        do {
            if let password = access.bootstrapAdminPassword {
                let outcome = try await users.bootstrap(
                    username: username,
                    password: password.value,
                    email: access.bootstrapAdminEmail
                )
                return self.tell(of: outcome, username)
            }
            guard try await users.counts().total == 0 else { return }
            let password = String(SecretFile.randomSecret().value.prefix(24))
            _ = try await users.bootstrap(username: username, password: password)
            announce(username, password)
        } catch {
            throw RelayStartError.unavailable("the administrator can't be made: \(error)")
        }
    }

    /// Warns where clients of Pulse without a token are to act as a user that is not there, or may not read: they are refused until it may.
    func warnOfMissingGuest(_ users: UserAdministration) async {
        guard let name = self.configuration.pulse.anonymousUser else { return }
        let user: User?
        // A store that can't be asked says so where it is used first.
        do { user = try await users.user(named: name) } catch { return }
        guard !(user.map { $0.isActive && $0.permissions.contains(.read) } ?? false) else { return }
        self.logger.warning(
            "pulse_anonymous_user names nobody who may read: clients without a token are refused until there is such a user",
            metadata: ["username": "\(name)"]
        )
    }

    private func tell(of outcome: BootstrapOutcome, _ username: String) {
        switch outcome {
        case .created, .passwordReset, .unchanged:
            self.logger.info("administrator \(outcome)", metadata: ["username": "\(username)"])
        case .foreign:
            self.logger.error(
                "no administrator was made: the name belongs to a user who signs in at a provider. Set bootstrap_admin_username to another name",
                metadata: ["username": "\(username)"]
            )
        }
    }
}
