/// Keys that there may be several times, each time below a name that the operator chooses: `oidc.providers.<name>.client_id`.
///
/// The name is a part of the key. In the environment it stands between two underscores on either side, in capital letters:
/// `PULSAR_OIDC__PROVIDERS__KEYCLOAK__CLIENT_ID`. All keys of a family may change while the relay runs.
public struct KeyFamily: Sendable {
    /// All families, in the order in which they are listed to people.
    public static let all: [KeyFamily] = [RelayConfiguration.SignIn.providerKeys, RelayConfiguration.SignIn.issuerKeys]

    /// Longer names have no place in metrics, logs and user names.
    static let longestName = 32

    /// What stands before the name, without a dot at the end: `oidc.providers`.
    public let group: String
    /// Makes the keys below a name.
    private let makers: [@Sendable (String) -> ConfigurationKey]
    /// The names that a configuration has.
    private let names: @Sendable (RelayConfiguration) -> [String]
    /// Takes all of it over from another configuration.
    let copy: @Sendable (RelayConfiguration, inout RelayConfiguration) -> Void

    /// - Parameters:
    ///   - group: see ``group``.
    ///   - place: where the family is in the configuration.
    ///   - empty: the defaults of one member.
    ///   - settings: every setting of a member, in the order in which they are listed to people.
    init<Member: Sendable, each Value>(
        _ group: String,
        at place: any WritableKeyPath<RelayConfiguration, [String: Member]> & Sendable,
        _ empty: Member,
        _ settings: repeat any WritableKeyPath<Member, Setting<each Value>> & Sendable
    ) {
        self.group = group
        self.names = { $0[keyPath: place].keys.sorted() }
        self.copy = { $1[keyPath: place] = $0[keyPath: place] }
        var makers: [@Sendable (String) -> ConfigurationKey] = []
        for setting in repeat each settings {
            let declaration = empty[keyPath: setting].declaration
            makers.append { name in
                ConfigurationKey(member: declaration, of: "\(group).\(name)") {
                    ($0[keyPath: place][name] ?? empty)[keyPath: setting].wrappedValue
                } write: {
                    $1[keyPath: place][name, default: empty][keyPath: setting].wrappedValue = $0
                }
            }
        }
        self.makers = makers
    }

    private func members(_ name: String) -> [ConfigurationKey] { self.makers.map { $0(name) } }

    /// The keys of all names that a configuration has.
    public func keys(in configuration: RelayConfiguration) -> [ConfigurationKey] {
        self.names(configuration).flatMap(self.members)
    }

    /// The keys as they are listed where there is no name yet.
    var sample: [ConfigurationKey] { self.members("<name>") }

    /// - Returns: nil for a spelling outside the family; with no key where it is a group of keys, or the family has no such key.
    func match(_ spelling: String) -> (name: String?, key: ConfigurationKey?, isGroup: Bool)? {
        guard spelling != self.group else { return (nil, nil, true) }
        guard spelling.hasPrefix(self.group + ".") else { return nil }
        let parts = spelling.dropFirst(self.group.count + 1).split(separator: ".", maxSplits: 1)
        guard let name = parts.first.map(String.init), Self.isName(name) else { return (nil, nil, false) }
        guard parts.count == 2 else { return (name, nil, true) }
        return (name, self.members(name).first { $0.name == spelling }, false)
    }

    private static func isName(_ text: String) -> Bool {
        (1...Self.longestName).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}
