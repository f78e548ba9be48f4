import Foundation
import Testing

@Suite("Taking documents apart")
struct MarkdownDocumentTests {
    private static let text = """
        # A `title`, with dots...

        See [there](other.md#here), not `[this](code.md)`, nor

        ```sh no-run: it can't be
        # not a heading, and [no link](nowhere.md)
        ```

        - ```json
          {"n": 1}
          ```

        ## Twice
        ## Twice
        """

    @Test("Blocks keep their language, their note and their place; what they hold is nothing else")
    func blocks() {
        let document = MarkdownDocument(path: "x.md", text: Self.text)
        #expect(document.blocks.first?.language == "sh")
        #expect(document.blocks.first?.note == "no-run: it can't be")
        #expect(document.blocks.first?.line == 5)
        #expect(document.anchors == ["a-title-with-dots", "twice", "twice-1"])
        #expect(document.links == [.init(target: "other.md#here", line: 3)])
        #expect(document.shellExamples.first?.manner == .not(because: "it can't be"))
    }

    @Test("An answer of another shape is told from one with other values")
    func shapes() throws {
        let documented = try JSONShape(parsing: Data(#"{"a": [{"b": 1}], "c": null, "d": {}}"#.utf8))
        let same = try JSONShape(parsing: Data(#"{"a": [{"b": 2}, {"b": 3}], "c": null, "d": {}}"#.utf8))
        #expect(documented.differences(to: same) == [])
        let other = try JSONShape(parsing: Data(#"{"a": [{"b": "2"}, {}], "c": 1, "e": {}}"#.utf8))
        #expect(
            documented.differences(to: other) == [
                ".a[0].b is a text, and a number in the document", ".a[1].b is in the document alone",
                ".c is a number, and null in the document", ".d is in the document alone",
                ".e is not in the document",
            ]
        )
    }
}
