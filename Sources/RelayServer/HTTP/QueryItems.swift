import Foundation

/// The items of a query string (`a=1&b=2`), percent-decoded; `+` is a blank.
struct QueryItems {
    /// In their order.
    let items: [(name: String, value: String)]

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

    /// The values of `name`, in the order in which they come.
    func all(_ name: String) -> [String] {
        self.items.filter { $0.name == name }.map(\.value)
    }

    /// The last value that is not empty, of all items whose name is one that is asked for: what clients add, they add at the end.
    func last(where isAskedFor: (String) -> Bool) -> String? {
        self.items.last { !$0.value.isEmpty && isAskedFor($0.name) }?.value
    }

    /// Text that is no valid percent encoding stands for itself.
    private static func decode(_ text: Substring) -> String {
        let text = text.replacing("+", with: " ")
        return text.removingPercentEncoding ?? String(text)
    }
}
