/// How a shell example is run. Its info string says so: `sh`, `sh until-interrupted`, or `sh no-run: REASON`.
enum ExampleManner: Equatable {
    /// It has to end, and every command in it to succeed.
    case toItsEnd
    /// It goes on for ever: it has to write something, and is then interrupted.
    case untilInterrupted
    /// It can't be run here, for a reason that a reader is told.
    case not(because: String)
    case unknown

    init(note: String) {
        if note.isEmpty {
            self = .toItsEnd
        } else if note == "until-interrupted" {
            self = .untilInterrupted
        } else if let reason = note.prefixMatch(of: /no-run: *(.+)/) {
            self = .not(because: String(reason.1))
        } else {
            self = .unknown
        }
    }
}

/// A shell example of a document.
struct ShellExample {
    let document: String
    let block: MarkdownDocument.Block
    /// What the document says that the last command answers: a block of JSON right after it.
    let answer: MarkdownDocument.Block?
    let manner: ExampleManner

    var place: String { "\(self.document):\(self.block.line)" }
}

extension MarkdownDocument {
    var shellExamples: [ShellExample] {
        self.blocks.enumerated().filter { $0.element.language == "sh" }.map { index, block in
            let next = index + 1 < self.blocks.count ? self.blocks[index + 1] : nil
            let manner = ExampleManner(note: block.note)
            return ShellExample(
                document: self.path,
                block: block,
                answer: manner == .toItsEnd && next?.language == "json" ? next : nil,
                manner: manner
            )
        }
    }
}
