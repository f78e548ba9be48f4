import Configuration

extension ValueCodec {
    /// A list of texts, each checked for itself.
    ///
    /// - Parameter parse: nil refuses the element, and with it the list.
    static func list<Element: Sendable>(
        expected: String,
        parse: @escaping @Sendable (String) -> Element?,
        render: @escaping @Sendable (Element) -> String
    ) -> ValueCodec where Value == [Element] {
        ValueCodec(expected: "a list of \(expected)", type: .stringArray) { content throws(ValueRejection) in
            guard case .stringArray(let texts) = content else { throw ValueRejection() }
            var elements: [Element] = []
            for text in texts {
                guard let element = parse(text) else { throw ValueRejection(reason: "`\(text)` is none") }
                elements.append(element)
            }
            return elements
        } encode: {
            .stringArray($0.map(render))
        }
    }
}

extension ValueCodec<[String]> {
    /// Browser origins, in the lower case in which browsers send them.
    static var origins: ValueCodec {
        .list(expected: "origins like https://app.example.org or http://localhost:3000") { text in
            let parts = text.lowercased().split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, Self.isHost(parts[1]) else { return nil }
            return text.lowercased()
        } render: {
            $0
        }
    }

    static var hosts: ValueCodec {
        .list(expected: "host names without port, *.example.org or *") { text in
            let name = text.lowercased()
            let rest = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
            guard name == "*" || Self.isHost(rest), !Self.hasPort(rest) else { return nil }
            return name
        } render: {
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

extension ValueCodec<[RelayConfiguration.Valkey.ClusterNode]> {
    static var clusterNodes: ValueCodec {
        .list(expected: "nodes like valkey-1:6379 or [fd00::1]:6379") { text in
            RelayConfiguration.Valkey.ClusterNode(text)
        } render: {
            $0.description
        }
    }
}

extension ValueCodec<[IPNetwork]> {
    static var networks: ValueCodec {
        .list(expected: "addresses or networks like 127.0.0.1, 10.0.0.0/8, fd00::/8") { text in
            IPNetwork(text)
        } render: {
            $0.description
        }
    }
}
