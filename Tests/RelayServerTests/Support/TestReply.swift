import Foundation
import NIOCore
import NIOHTTP1

/// What a relay answered.
struct TestReply: Sendable, CustomStringConvertible {
    let status: Int
    let headers: HTTPHeaders
    let body: ByteBuffer

    var text: String { String(buffer: self.body) }

    /// The body as JSON, nil where it is none.
    var json: Any? {
        try? JSONSerialization.jsonObject(with: Data(self.text.utf8), options: .fragmentsAllowed)
    }

    /// Empty where the body is no JSON object.
    var object: [String: Any] { self.json as? [String: Any] ?? [:] }

    /// Empty where the body is no list of JSON objects.
    var list: [[String: Any]] { self.json as? [[String: Any]] ?? [] }

    /// The text of `detail`.
    var detail: String? { self.object["detail"] as? String }

    /// Where the issues of a 422 lie: `body.topic_name`.
    var issues: [String] {
        let issues = self.object["detail"] as? [[String: Any]] ?? []
        return issues.map { issue in
            (issue["loc"] as? [Any] ?? []).map { "\($0)" }.joined(separator: ".")
        }
    }

    /// What kinds the issues of a 422 are of.
    var issueTypes: [String] {
        (self.object["detail"] as? [[String: Any]] ?? []).compactMap { $0["type"] as? String }
    }

    func header(_ name: String) -> String? { self.headers.first(name: name) }

    var description: String { "\(self.status) \(self.text)" }
}
