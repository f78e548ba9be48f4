/// One line of a `.env` file: `NAME=value`, with `export` before it and quotes around the value if you like.
///
/// In double quotes `\n`, `\t`, `\"` and `\\` are read as in a shell, in single quotes nothing is. Without quotes a ` #`
/// begins a comment. Values do not run over several lines, and `$NAME` is not replaced.
enum DotEnvironmentLine: Hashable {
    case blank
    case variable(name: String, value: String)
    /// With what the line begins, so that the reader can tell whether it matters.
    case unreadable(start: String)

    init(_ line: some StringProtocol) {
        var text = line.trimmingSpaces
        guard !text.isEmpty, !text.hasPrefix("#") else {
            self = .blank
            return
        }
        if text.hasPrefix("export ") { text = text.dropFirst("export ".count).trimmingSpaces }
        guard let equals = text.firstIndex(of: "=") else {
            self = .unreadable(start: String(text.prefix(40)))
            return
        }
        let name = text[..<equals].trimmingSpaces
        guard !name.isEmpty, !name.contains(" "),
            let value = Self.value(text[text.index(after: equals)...].trimmingSpaces)
        else {
            self = .unreadable(start: String(name))
            return
        }
        self = .variable(name: String(name), value: value)
    }

    /// - Returns: nil where a quote is not closed, or something other than a comment follows it.
    private static func value(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            let end = text.firstRange(of: " #")?.lowerBound ?? text.endIndex
            return String(text[..<end].trimmingSpaces)
        }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            switch character {
            case quote:
                let tail = rest.trimmingSpaces
                return tail.isEmpty || tail.hasPrefix("#") ? value : nil
            case "\\" where quote == "\"":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(Self.unescaped(escaped))
            default:
                value.append(character)
            }
        }
        return nil
    }

    private static func unescaped(_ character: Character) -> String {
        switch character {
        case "n": "\n"
        case "t": "\t"
        case "\"", "\\", "$": String(character)
        default: "\\\(character)"
        }
    }
}

extension StringProtocol {
    /// Without spaces, tabs and carriage returns at either end.
    fileprivate var trimmingSpaces: Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        let start = Substring(self).drop(while: isSpace)
        guard let last = start.lastIndex(where: { !isSpace($0) }) else { return start[start.endIndex...] }
        return start[...last]
    }
}
