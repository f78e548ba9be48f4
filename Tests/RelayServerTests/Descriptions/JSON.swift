import Foundation
import NIOCore

/// A JSON document that tests look into. What is not there is null.
struct JSON {
    private let value: Any?

    init(_ bytes: ByteBuffer) throws {
        self.value = try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView))
    }

    private init(_ value: Any?) {
        self.value = value
    }

    subscript(_ name: String) -> JSON { JSON((self.value as? [String: Any])?[name]) }

    var members: [String: JSON] { (self.value as? [String: Any] ?? [:]).mapValues { JSON($0) } }
    var elements: [JSON] { (self.value as? [Any] ?? []).map { JSON($0) } }
    var text: String? { self.value as? String }
    var exists: Bool { self.value != nil }

    /// What a `$ref` within the document means; the value itself where it is none.
    func resolved(in document: JSON) -> JSON {
        guard let reference = self["$ref"].text else { return self }
        return reference.split(separator: "/").dropFirst()
            .reduce(document) { $0[String($1).replacing("~1", with: "/")] }
            .resolved(in: document)
    }
}
