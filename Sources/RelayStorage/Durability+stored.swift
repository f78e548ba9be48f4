import RelayCore

extension Durability {
    /// - Parameter text: as it was written, by its raw value.
    /// - Throws: `corrupt` for any other, since to guess would be to promise less than the topic's owner asked for.
    init(stored text: String) throws(StoreError) {
        guard let durability = Durability(rawValue: text) else {
            throw StoreError(.corrupt, "no durability is called \(text)")
        }
        self = durability
    }
}
