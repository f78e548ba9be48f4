import Foundation

/// The items of a query string (`a=1&b=2`), percent-decoded; `+` is a blank.
struct QueryItems {
    private let items: [(name: String, value: String)]

    init(_ query: Substring) {
        self.items = query.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decode(parts[0]), parts.count > 1 ? Self.decode(parts[1]) : "")
        }
    }

    /// The first value of `name`, nil where it does not occur.
    func first(_ name: String) -> String? {
        self.items.first { $0.name == name }?.value
    }

    /// Text that is no valid percent encoding stands for itself.
    private static func decode(_ text: Substring) -> String {
        let text = text.replacing("+", with: " ")
        return text.removingPercentEncoding ?? String(text)
    }
}
