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
        if let joined = JoinedKey.all.first(where: { $0.spellings.contains(spelling) }) { return .joined(joined) }
        if let dormant = DormantKey.all.first(where: { $0.matches(spelling) }) {
            return .dormant(reason: dormant.reason)
        }
        if self.groups.contains(spelling) { return .group }
        return .unknown(nearest: self.nearest(to: spelling))
    }

    private func nearest(to spelling: String) -> String? {
        let limit = max(2, spelling.count / 3)
        return (self.keys.keys + JoinedKey.all.flatMap(\.spellings)).map { (EditDistance.between(spelling, $0), $0) }
            .filter { $0.0 <= limit }
            .min { $0 < $1 }?.1
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
