import RelayCore

extension NamedReader {
    /// In the order of a topic's list: by user, then by name.
    func precedes(_ other: NamedReader) -> Bool {
        guard self.user != other.user else { return self.name.rawValue.precedesInBytes(other.name.rawValue) }
        return self.user.rawValue.precedesInBytes(other.user.rawValue)
    }
}

extension [StoredReader] {
    /// One page of a topic's list, from all of its readers.
    func page(ofUser user: UserID?, after reader: NamedReader?, limit: Int) -> [StoredReader] {
        let wanted = self.filter { stored in
            (user.map { stored.reader.user == $0 } ?? true) && (reader.map { $0.precedes(stored.reader) } ?? true)
        }
        return Array(wanted.sorted { $0.reader.precedes($1.reader) }.prefix(Swift.max(0, limit)))
    }
}
