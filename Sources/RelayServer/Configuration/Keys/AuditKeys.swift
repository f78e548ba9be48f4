/// Which sign-ins that succeed are recorded in the audit log.
public enum AuditedSignIns: String, CaseIterable, Sendable {
    /// Those of administrators, and those that make a user.
    case administrators
    case all
    case none
}

extension RelayConfiguration {
    /// How much is kept of what administrators do.
    public struct Audit: Hashable, Sendable {
        @Setting(
            "audit_max_records",
            .integer(1...1_000_000),
            "Records of the audit log that are kept in the store; of more the oldest go.",
            reloads: true
        )
        public var maxRecords = 10_000

        @Setting(
            "audit_retention_days",
            .seconds(.seconds(86_400) ... .seconds(3_650 * 86_400), unit: .day),
            "Days for which records of the audit log are kept.",
            reloads: true
        )
        public var retention = Duration.seconds(365 * 86_400)

        @Setting(
            "audit_sign_ins",
            .choice,
            "Sign-ins that are recorded: administrators' and those that make a user, all, or none. Refused ones always are.",
            reloads: true
        )
        public var signIns = AuditedSignIns.administrators

        static let keys = ConfigurationKey.keys(
            "audit",
            prefixes: ["audit_"],
            at: \.audit,
            \.$maxRecords,
            \.$retention,
            \.$signIns
        )

        public init() {}
    }
}
