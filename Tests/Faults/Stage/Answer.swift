import Foundation

/// What a relay answered, and how long it took.
struct Answer: CustomStringConvertible {
    let status: Int
    let retryAfter: String?
    let body: String
    let elapsed: Duration

    /// The text of a member of its JSON object.
    func member(_ name: String) -> String? {
        let object = try? JSONSerialization.jsonObject(with: Data(self.body.utf8)) as? [String: Any]
        return object?[name] as? String
    }

    var description: String { "\(self.status) in \(self.elapsed): \(self.body)" }
}
