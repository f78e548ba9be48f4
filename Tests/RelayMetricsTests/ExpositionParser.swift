/// A strict reader of the text format 0.0.4: refuses what Prometheus would refuse, and what it would read but should not
/// be given.
struct ExpositionParser {
    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    struct Family {
        let kind: String
        var help: String?
        var samples: [Sample] = []
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var families: [String: Family] = [:]
    private var current: String?
    private var pendingHelp: (name: String, text: String)?
    private var seen: Set<Sample.Identity> = []

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Failure(description: "no line feed at the end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            try self.read(line)
        }
    }

    private mutating func read(_ line: Substring) throws {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        switch words.first {
        case "#" where words.count == 4 && words[1] == "HELP":
            self.pendingHelp = (words[2], words[3])
        case "#" where words.count == 4 && words[1] == "TYPE":
            try self.begin(words[2], kind: words[3])
        default:
            try self.add(try Self.sample(line))
        }
    }

    private mutating func begin(_ name: String, kind: String) throws {
        guard self.families[name] == nil else { throw Failure(description: "\(name) comes twice") }
        guard ["counter", "gauge", "histogram"].contains(kind) else { throw Failure(description: "type \(kind)") }
        if let help = self.pendingHelp, help.name != name { throw Failure(description: "help of \(help.name)") }
        self.families[name] = Family(kind: kind, help: self.pendingHelp?.text)
        self.pendingHelp = nil
        self.current = name
    }

    private mutating func add(_ sample: Sample) throws {
        guard let current, var family = self.families[current] else { throw Failure(description: "no type before") }
        let suffixes = family.kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard suffixes.contains(where: { sample.name == current + $0 }) else {
            throw Failure(description: "\(sample.name) among \(current)")
        }
        guard self.seen.insert(sample.identity).inserted else { throw Failure(description: "twice: \(sample)") }
        family.samples.append(sample)
        self.families[current] = family
    }

    private static func sample(_ line: Substring) throws -> Sample {
        var rest = line
        let name = String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") })
        guard let first = name.first, !first.isNumber else { throw Failure(description: "name in: \(line)") }
        rest.removeFirst(name.count)
        let labels = rest.first == "{" ? try self.labels(&rest) : [:]
        guard rest.popFirst() == " ", let value = Double(rest.replacing("+Inf", with: "inf")) else {
            throw Failure(description: "value in: \(line)")
        }
        return Sample(name: name, labels: labels, value: value)
    }

    private static func labels(_ rest: inout Substring) throws -> [String: String] {
        var labels: [String: String] = [:]
        rest.removeFirst()
        while true {
            let name = String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            rest.removeFirst(name.count)
            guard !name.isEmpty, rest.popFirst() == "=", rest.popFirst() == "\"" else {
                throw Failure(description: "label before: \(rest)")
            }
            guard labels.updateValue(try self.quoted(&rest), forKey: name) == nil else {
                throw Failure(description: "label \(name) twice")
            }
            switch rest.popFirst() {
            case ",": continue
            case "}": return labels
            default: throw Failure(description: "labels before: \(rest)")
            }
        }
    }

    private static func quoted(_ rest: inout Substring) throws -> String {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                guard let escaped = rest.popFirst(), let plain = ["n": "\n", "\\": "\\", "\"": "\""][escaped] else {
                    throw Failure(description: "escape before: \(rest)")
                }
                value += plain
            default: value.append(character)
            }
        }
        throw Failure(description: "open quote")
    }
}

extension ExpositionParser.Sample {
    struct Identity: Hashable {
        let name: String
        let labels: [String: String]
    }

    var identity: Identity { Identity(name: self.name, labels: self.labels) }
}

extension ExpositionParser {
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        self.families.values.lazy.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }
}
