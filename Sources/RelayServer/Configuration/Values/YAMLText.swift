import Yams

/// Writes a key and its value as one line of YAML.
enum YAMLText {
    /// No value is written as nothing, which YAML reads as null.
    static func line(_ name: String, _ value: ConfigurationValue?) -> String {
        guard let value else { return "\(name):" }
        let mapping = Node([(Node(name), self.node(value))])
        let line = try? Yams.serialize(node: mapping, width: -1, allowUnicode: true)
        return line.map { String($0.prefix { $0 != "\n" }) } ?? "\(name):"
    }

    private static func node(_ value: ConfigurationValue) -> Node {
        switch value {
        case .text(let text): self.node(text)
        case .list(let texts): Node(texts.map(self.node), .implicit, .flow)
        case .span(let span): self.node(DurationText.render(span))
        }
    }

    private static func node(_ text: String) -> Node {
        let node = Node(text, .implicit, .plain)
        return node.null == nil ? node : Node(text, .implicit, .doubleQuoted)
    }
}
