import RelayCore
import RelayWire

extension ReaderStart {
    /// Where a client wants to begin in a topic for which it brings no cursor: `last`, `earliest`, or a cursor. Empty is `last`, and other
    /// text begins at the oldest message, as a cursor would that can't be read.
    init(offset text: String) {
        switch text.lowercasedASCII {
        case "", "last": self = .tail
        case "earliest": self = .cursor(.oldest)
        default: self = .cursor(Cursor(clientText: text))
        }
    }
}
