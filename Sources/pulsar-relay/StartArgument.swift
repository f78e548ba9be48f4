import ArgumentParser
import RelayClient
import RelayCore
import RelayWire

extension SubscriptionStart {
    /// What `--from` says. A relay takes any text, and what is no id for the oldest message: a mistake would not be noticed.
    ///
    /// - Throws: where it is neither `last`, `earliest`, nor an id.
    init(argument text: String) throws(ValidationError) {
        self.init(text)
        guard case .after = self, Cursor(clientText: text) == .oldest else { return }
        throw ValidationError("--from is last, earliest, or a message's id such as 1795267150219-0, not '\(text)'")
    }
}
