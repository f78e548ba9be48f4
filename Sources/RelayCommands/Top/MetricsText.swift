/// What `/metrics` says, in the text format of Prometheus, as numbers by name and labels. Lines that are none of it are left out.
public struct MetricsText: Sendable {
    /// One number of a name.
    public struct Sample: Sendable, Hashable {
        public let labels: [String: String]
        public let value: Double
    }

    private var samples: [String: [Sample]] = [:]

    /// - Parameter text: as the relay sends it; may be anything.
    public init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) where line.utf8.first != UInt8(ascii: "#") {
            guard let (name, sample) = Self.read(line) else { continue }
            self.samples[name, default: []].append(sample)
        }
    }

    /// All numbers of that name, in the order in which they came.
    public subscript(name: String) -> [Sample] { self.samples[name] ?? [] }

    /// The sum of all of that name; nil where there is none. What is counted by a topic's label is not counted without one too.
    public func total(_ name: String) -> Double? {
        let samples = self[name]
        return samples.isEmpty ? nil : samples.reduce(0) { $0 + $1.value }
    }

    /// The one with that label; nil where there is none.
    public func value(_ name: String, _ label: String, _ value: String) -> Double? {
        self[name].first { $0.labels[label] == value }?.value
    }

    private static func read(_ line: Substring) -> (name: String, sample: Sample)? {
        guard let end = line.firstIndex(where: { $0 == "{" || $0 == " " }) else { return nil }
        var rest = line[line.index(after: end)...]
        var labels: [String: String] = [:]
        if line[end] == "{" {
            guard let read = self.labels(&rest) else { return nil }
            labels = read
        }
        let number = rest.drop { $0 == " " }.prefix { $0 != " " }
        guard let value = number == "+Inf" ? .infinity : Double(number) else { return nil }
        return (String(line[..<end]), Sample(labels: labels, value: value))
    }

    /// Up to and including the brace at the end.
    private static func labels(_ rest: inout Substring) -> [String: String]? {
        var labels: [String: String] = [:]
        while let first = rest.first, first != "}" {
            if first == "," || first == " " {
                rest.removeFirst()
                continue
            }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            guard rest.first == "\"" else { return nil }
            rest.removeFirst()
            guard let value = self.quoted(&rest) else { return nil }
            labels[name] = value
        }
        guard rest.first == "}" else { return nil }
        rest.removeFirst()
        return labels
    }

    /// Up to and including the quote at the end.
    private static func quoted(_ rest: inout Substring) -> String? {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            default: value.append(character)
            }
        }
        return nil
    }
}
