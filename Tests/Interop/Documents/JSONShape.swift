import Foundation

/// What JSON looks like, without what it says: names, kinds, and nesting.
indirect enum JSONShape: Decodable {
    case object([String: JSONShape])
    case array([JSONShape])
    case text
    case number
    case boolean
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if (try? container.decode(Bool.self)) != nil {
            self = .boolean
        } else if (try? container.decode(Double.self)) != nil {
            self = .number
        } else if (try? container.decode(String.self)) != nil {
            self = .text
        } else if let elements = try? container.decode([JSONShape].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSONShape].self))
        }
    }

    init(parsing text: Data) throws {
        self = try JSONDecoder().decode(Self.self, from: text)
    }

    /// How another differs from this one, one line each. An array of this one stands for any that has such elements.
    func differences(to other: JSONShape, at path: String = "") -> [String] {
        switch (self, other) {
        case (.text, .text), (.number, .number), (.boolean, .boolean), (.null, .null):
            return []
        case (.object(let mine), .object(let others)):
            return Set(mine.keys).union(others.keys).sorted().flatMap { name in
                switch (mine[name], others[name]) {
                case (let value?, let other?): value.differences(to: other, at: "\(path).\(name)")
                case (.some, nil): ["\(path).\(name) is in the document alone"]
                case (nil, _): ["\(path).\(name) is not in the document"]
                }
            }
        case (.array(let mine), .array(let others)):
            guard let first = mine.first else { return others.isEmpty ? [] : ["\(path) is not empty"] }
            if others.isEmpty { return ["\(path) is empty"] }
            return others.enumerated().flatMap { index, other in
                (index < mine.count ? mine[index] : first).differences(to: other, at: "\(path)[\(index)]")
            }
        case (.object, _), (.array, _), (.text, _), (.number, _), (.boolean, _), (.null, _):
            return ["\(path) is \(other.name), and \(self.name) in the document"]
        }
    }

    private var name: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .text: "a text"
        case .number: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        }
    }
}
