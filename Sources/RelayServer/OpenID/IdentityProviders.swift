import NIOCore

/// The identity providers at which people sign in, by their names.
struct IdentityProviders: Sendable {
    /// In the order of their names. Empty where nobody may sign in so.
    let all: [IdentityProvider]

    init(
        _ settings: RelayConfiguration.SignIn,
        http: OutgoingHTTP,
        uptime: @escaping @Sendable () -> NIODeadline
    ) {
        guard settings.usesProviders else {
            self.all = []
            return
        }
        self.all = settings.providers.sorted { $0.key < $1.key }.map { name, provider in
            IdentityProvider(
                name,
                provider,
                defaultPermissions: settings.defaultPermissions,
                http: http,
                uptime: uptime
            )
        }
    }

    subscript(name: String) -> IdentityProvider? { self.all.first { $0.name == name } }
}
