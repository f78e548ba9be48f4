import Foundation
import ProgramFixture
import Testing

/// A document of the tree, taken apart into what can be checked: its blocks of code, its headings and its links.
struct MarkdownDocument: CustomTestStringConvertible {
    /// A block between two fences. The first word of its info string is its language; the rest says how to run it.
    struct Block: Equatable {
        let language: String
        let note: String
        let text: String
        /// Where its first fence is, from 1.
        let line: Int
    }

    struct Link: Equatable {
        let target: String
        let line: Int
    }

    /// From the root of the package.
    let path: String
    private(set) var blocks: [Block] = []
    private(set) var links: [Link] = []
    /// What a link may name behind `#`.
    private(set) var anchors: Set<String> = []

    var testDescription: String { self.path }
    var file: URL { Installation.package.appending(path: self.path) }

    init(path: String, text: String) {
        self.path = path
        var open: (fence: String, indent: Int, info: String, line: Int, lines: [Substring])?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            // A fence may be a list's item, or stand below one.
            let indent = line.prefixMatch(of: /[ ]*(- )?/)?.0.count ?? 0
            let content = line.dropFirst(indent)
            if var block = open {
                if line.trimmingCharacters(in: .whitespaces) == block.fence {
                    self.add(block.info, block.lines, line: block.line)
                    open = nil
                } else {
                    block.lines.append(line.dropFirst(min(line.prefix { $0 == " " }.count, block.indent)))
                    open = block
                }
            } else if content.hasPrefix("```") {
                let fence = content.prefix { $0 == "`" }
                open = (String(fence), indent, String(content.dropFirst(fence.count)), index + 1, [])
            } else if content.hasPrefix("#") {
                self.addAnchor(of: content.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces))
            } else {
                self.addLinks(in: content, line: index + 1)
            }
        }
    }

    /// All documents at the root of the package and in its folders for documents.
    static let all: [MarkdownDocument] = ["", "docs/", "Benchmarks/"].flatMap { folder in
        let names = try? FileManager.default.contentsOfDirectory(atPath: Installation.package.path() + folder)
        return (names ?? []).filter { $0.hasSuffix(".md") }.sorted().compactMap { try? Self(reading: folder + $0) }
    }

    init(reading path: String) throws {
        self.init(path: path, text: try String(contentsOf: Installation.package.appending(path: path), encoding: .utf8))
    }

    private mutating func add(_ info: String, _ lines: [Substring], line: Int) {
        let words = info.split(separator: " ", maxSplits: 1)
        self.blocks.append(
            Block(
                language: words.first.map(String.init) ?? "",
                note: words.count > 1 ? String(words[1]) : "",
                text: lines.map { $0 + "\n" }.joined(),
                line: line
            )
        )
    }

    /// As GitHub makes it from a heading: small letters, digits, `-` and `_`, with `-` for each space.
    private mutating func addAnchor(of heading: String) {
        let kept = heading.lowercased().unicodeScalars.filter {
            CharacterSet.alphanumerics.contains($0) || " -_".unicodeScalars.contains($0)
        }
        let name = String(String.UnicodeScalarView(kept)).replacing(" ", with: "-")
        var unique = name
        var count = 0
        while !self.anchors.insert(unique).inserted {
            count += 1
            unique = "\(name)-\(count)"
        }
    }

    private mutating func addLinks(in line: Substring, line number: Int) {
        // What stands between backticks is no link.
        let prose = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset.isMultiple(of: 2) ? $0.element : "x" }.joined()
        for match in prose.matches(of: /\]\(([^)\s]+)\)/) {
            self.links.append(Link(target: String(match.1), line: number))
        }
    }
}
