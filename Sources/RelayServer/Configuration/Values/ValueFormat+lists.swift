import Foundation
import RelayCore
import RelayWire

extension ValueFormat {
    /// A list of texts, each checked for itself: a list in a file, a JSON array, or elements with commas between them.
    ///
    /// - Parameter parse: nil refuses the element, and with it the list.
    static func list<Element: Sendable>(
        expected: String,
        parse: @escaping @Sendable (String) -> Element?,
        show: @escaping @Sendable (Element) -> String
    ) -> ValueFormat where Value == [Element] {
        ValueFormat(expected: "a list of \(expected)") { value throws(ValueRejection) in
            var elements: [Element] = []
            for text in try self.texts(value) {
                guard let element = parse(text) else { throw ValueRejection(reason: "`\(text)` is none") }
                elements.append(element)
            }
            return elements
        } show: {
            .list($0.map(show))
        }
    }

    fileprivate static func texts(_ value: ConfigurationValue) throws(ValueRejection) -> [String] {
        switch value {
        case .list(let texts):
            return texts
        case .text(let text) where text.hasPrefix("["):
            guard let texts = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
                throw ValueRejection()
            }
            return texts
        case .span:
            throw ValueRejection()
        case .text(let text):
            return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
    }
}

extension ValueFormat<[String]> {
    /// Browser origins, in the lower case in which browsers send them; `*` is any.
    static var origins: ValueFormat {
        .list(expected: "origins like https://app.example.org or http://localhost:3000, or *") { text in
            if text == "*" { return text }
            let parts = text.lowercasedASCII.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, Self.isHost(parts[1]) else { return nil }
            return text.lowercasedASCII
        } show: {
            $0
        }
    }

    static var hosts: ValueFormat {
        .list(expected: "host names without port, *.example.org or *") { text in
            let name = text.lowercasedASCII
            let rest = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
            guard name == "*" || Self.isHost(rest), !Self.hasPort(rest) else { return nil }
            return name
        } show: {
            $0
        }
    }

    private static func isHost(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.allSatisfy { character in
                character.isASCII && (character.isLetter || character.isNumber || "-._:[]".contains(character))
            }
    }

    private static func hasPort(_ text: Substring) -> Bool {
        text.contains(":") && !text.hasSuffix("]")
    }
}

extension ValueFormat<Permissions> {
    static var permissions: ValueFormat {
        ValueFormat(expected: "a list of read, write and admin") { value throws(ValueRejection) in
            guard let permissions = Permissions(names: try Self.texts(value)) else { throw ValueRejection() }
            return permissions
        } show: {
            .list($0.names)
        }
    }
}

extension ValueFormat<[String]> {
    /// Texts without blanks in them. One text may hold several, with blanks between them.
    static func words(expected: String) -> ValueFormat {
        ValueFormat(expected: "a list of \(expected)") { value throws(ValueRejection) in
            try Self.texts(value).flatMap { $0.split(separator: " ").map(String.init) }
        } show: {
            .list($0)
        }
    }
}

extension ValueFormat<[GroupPermissions]> {
    static var groupPermissions: ValueFormat {
        .list(expected: "groups and what they may, like staff=read+write or admins=admin+read+write") { text in
            GroupPermissions(text)
        } show: {
            $0.description
        }
    }
}

extension ValueFormat<[IPNetwork]> {
    static var networks: ValueFormat {
        .list(expected: "addresses or networks like 127.0.0.1, 10.0.0.0/8, fd00::/8") { text in
            IPNetwork(text)
        } show: {
            $0.description
        }
    }
}
