/// Finds the key that a spelling means, and the one that it may have meant.
struct KeyIndex: Sendable {
    enum Match: Sendable {
        case key(ConfigurationKey)
        /// The name of a file that holds the value of a secret key.
        case file(of: ConfigurationKey)
        case joined(JoinedKey)
        /// - Parameter reason: why it has no effect.
        case dormant(reason: String)
        /// The name of a group, which has no value of its own.
        case group
        /// - Parameter nearest: the known spelling most like it, if any is.
        case unknown(nearest: String?)
    }

    private let keys: [String: ConfigurationKey]
    private let groups: Set<String>

    private static let fileSuffix = "_file"

    static let shared = KeyIndex(ConfigurationKey.all)

    init(_ keys: [ConfigurationKey]) {
        var index: [String: ConfigurationKey] = [:]
        for key in keys {
            for spelling in key.spellings {
                index[spelling] = key
            }
        }
        self.keys = index
        self.groups = Set(keys.map(\.group))
    }

    func match(_ spelling: String) -> Match {
        if let key = self.keys[spelling] { return .key(key) }
        if spelling.hasSuffix(Self.fileSuffix), let key = self.keys[String(spelling.dropLast(Self.fileSuffix.count))],
            key.isSecret
        {
            return .file(of: key)
        }
        if let match = self.family(spelling) { return match }
        if let joined = JoinedKey.all.first(where: { $0.spellings.contains(spelling) }) { return .joined(joined) }
        if let dormant = DormantKey.all.first(where: { $0.matches(spelling) }) {
            return .dormant(reason: dormant.reason)
        }
        if self.groups.contains(spelling) { return .group }
        return .unknown(nearest: self.nearest(to: spelling))
    }

    private func family(_ spelling: String) -> Match? {
        for family in KeyFamily.all {
            guard let match = family.match(spelling) else { continue }
            if match.isGroup { return .group }
            if let key = match.key { return .key(key) }
            if spelling.hasSuffix(Self.fileSuffix) {
                let plain = String(spelling.dropLast(Self.fileSuffix.count))
                if let key = family.match(plain)?.key, key.isSecret { return .file(of: key) }
            }
            let known = match.name.map { name in family.sample.map { $0.name.replacing("<name>", with: name) } } ?? []
            return .unknown(nearest: Self.nearest(to: spelling, among: known))
        }
        return nil
    }

    private func nearest(to spelling: String) -> String? {
        Self.nearest(to: spelling, among: self.keys.keys + JoinedKey.all.flatMap(\.spellings))
    }

    private static func nearest(to spelling: String, among known: [String]) -> String? {
        let limit = max(2, spelling.count / 3)
        return known.map { (EditDistance.between(spelling, $0), $0) }
            .filter { $0.0 <= limit }
            .min { $0 < $1 }?.1
    }
}

extension ConfigurationKey {
    /// - Parameter name: in full.
    /// - Returns: nil where there can be no such key.
    static func named(_ name: String) -> ConfigurationKey? {
        guard case .key(let key) = KeyIndex.shared.match(name), key.name == name else { return nil }
        return key
    }
}

/// How many letters must be put in, taken out or replaced to turn one word into another.
enum EditDistance {
    static func between(_ first: String, _ second: String) -> Int {
        let second = Array(second.utf8)
        var row = Array(0...second.count)
        for (index, letter) in first.utf8.prefix(128).enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in second.indices {
                let replaced = diagonal + (letter == second[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[second.count]
    }
}
