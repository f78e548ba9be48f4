import RelayCore

extension TopicCatalog {
    /// The topics that a client means by several names: each once, in the order in which they were given.
    ///
    /// - Returns: nil where no kind of topic has one of the names.
    func keys(ofPaths paths: [String], for user: UserID) -> [TopicKey]? {
        var known: Set<TopicKey> = []
        var keys: [TopicKey] = []
        for path in paths {
            guard let key = self.key(ofPath: path, for: user) else { return nil }
            if known.insert(key).inserted { keys.append(key) }
        }
        return keys
    }
}
