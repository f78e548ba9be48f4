import RelayCore

extension Audience {
    /// As stores keep it: nothing for everyone, no characters for all but the sender, and else a name, which has some.
    var storedText: String? {
        switch self {
        case .everyone: nil
        case .one(let name): name
        case .others: ""
        }
    }

    init(storedText: String?) {
        switch storedText {
        case nil: self = .everyone
        case "": self = .others
        case let name?: self = .one(name)
        }
    }
}
