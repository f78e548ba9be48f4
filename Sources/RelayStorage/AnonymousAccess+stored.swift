import RelayCore

extension AnonymousAccess {
    /// - Parameter text: nil of topics that were stored before there was such a thing.
    /// - Throws: `corrupt` where it is none that is known.
    init(stored text: String?) throws(StoreError) {
        guard let text else {
            self = .none
            return
        }
        guard let access = AnonymousAccess(rawValue: text) else {
            throw StoreError(.corrupt, "\(text.prefix(32)) is no access for people without a token")
        }
        self = access
    }
}
