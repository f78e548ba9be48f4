import Foundation
import RelayDocuments

/// What a document of a history shows: the roots `t` and `r` as texts, `m` as a map, `a` as a list, `x` as XML, and whether something is
/// left out.
struct ShownContent: Equatable, CustomStringConvertible {
    let members: NSDictionary

    var description: String { "\(self.members)" }

    static func == (left: ShownContent, right: ShownContent) -> Bool { left.members == right.members }
}

extension ShownContent {
    /// As the library shows it.
    init(_ content: DocumentContent) throws {
        let members = NSMutableDictionary()
        for (name, shape) in [("t", .text), ("r", .text), ("m", .map), ("a", .array), ("x", .xml)]
            as [(String, DocumentRoot.Shape)]
        {
            let json = Data(try content.json(of: name, as: shape))
            members[name] = try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)
        }
        members["pending"] = !content.leftOut.isEmpty
        self.init(members: members)
    }
}
