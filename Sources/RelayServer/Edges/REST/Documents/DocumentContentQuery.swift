import NIOCore
import NIOHTTP1
import RelayDocuments
import RelayWire

/// What of a document's content is asked for: `?root=text&as=text`.
struct DocumentContentQuery: Hashable {
    enum Form: String, CaseIterable {
        case text
        case json
        case xml
    }

    /// The shared type; nil for all: what they are, or all as one JSON object.
    let root: String?
    /// Nil: as suits the root.
    let form: Form?

    /// Names of roots in an answer. An honest document has a few.
    private static let maxRoots = 1_000

    init(_ query: QueryItems) throws(RequestError) {
        self.root = query.first("root")
        let form = query.first("as")
        self.form = form.flatMap(Form.init)
        guard form == nil || self.form != nil else {
            throw Self.invalid("enum", "as", "Input should be 'text', 'json' or 'xml'")
        }
        guard self.root != nil || self.form == nil || self.form == .json else {
            throw Self.invalid("missing", "root", "Field required")
        }
    }

    private static func invalid(_ type: String, _ name: String, _ message: String) -> RequestError {
        .invalid([ValidationIssue(type: type, location: [.name("query"), .name(name)], message: message)])
    }

    // MARK: Answers

    /// - Throws: `DocumentError` where it is too large or too deep, ``RESTRefusal`` where there is no such thing.
    func reply(_ content: DocumentContent) throws -> Reply {
        guard let name = self.root else {
            return self.form == nil ? Self.roots(content) : Reply(.ok, json: ByteBuffer(bytes: try content.json()))
        }
        guard let root = content.root(name) else {
            throw RESTRefusal(Reply(.notFound, detail: "The document has nothing of this name"))
        }
        switch self.form ?? root.form {
        case .text:
            guard root.isText else { throw RESTRefusal(Reply(.conflict, detail: "This is no text")) }
            return Self.plain(try content.text(of: name))
        case .json: return Reply(.ok, json: ByteBuffer(bytes: try content.json(of: name)))
        case .xml:
            guard root.isXML else { throw RESTRefusal(Reply(.conflict, detail: "This is no XML")) }
            return Self.plain(try content.xml(of: name))
        }
    }

    /// XML too: it is not escaped, so that no browser may take it for a page of the relay's.
    private static func plain(_ text: [UInt8]) -> Reply {
        let headers: HTTPHeaders = ["content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"]
        return Reply(.ok, headers: headers, body: ByteBuffer(bytes: text))
    }

    private static func roots(_ content: DocumentContent) -> Reply {
        let roots = content.roots
        let shown = roots.prefix(Self.maxRoots).map { root in
            JSONTree.object([("name", .text(root.name)), ("kind", .text(root.kind))])
        }
        return Reply(.ok, .object([("roots", .list(shown)), ("has_more", .flag(roots.count > shown.count))]))
    }
}

extension DocumentRoot {
    private var isEmpty: Bool {
        !self.hasText && !self.hasMarks && !self.hasElements && !self.hasXML && !self.hasEntries
    }

    fileprivate var isText: Bool { self.shape == .text || self.isEmpty }

    fileprivate var isXML: Bool { self.shape == .xml || self.isEmpty }

    /// What it seems to be; nil where nothing is left in it that would tell.
    fileprivate var kind: String? {
        if self.isEmpty { return nil }
        return switch self.shape {
        case .text: "text"
        case .array: "array"
        case .map: "map"
        case .xml: "xml"
        }
    }

    fileprivate var form: DocumentContentQuery.Form {
        switch self.shape {
        case .text: .text
        case .xml: .xml
        case .array, .map: .json
        }
    }
}
