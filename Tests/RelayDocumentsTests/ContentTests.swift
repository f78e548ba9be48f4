import RelayDocuments
import Testing

@Suite("Content of documents")
struct ContentTests {
    private func content(_ updates: [[UInt8]]) throws -> DocumentContent {
        try DocumentContent(Update.merge(updates.map { try Update($0) }))
    }

    @Test(
        "A document is shown as JSON",
        arguments: [
            ([Sample.text], #"{"t":"a😀b"}"#),
            ([Sample.u2, Sample.u0, Sample.u3, Sample.u1], #"{"t":"ac"}"#),
            ([Sample.mapNumber, Sample.mapText, Sample.mapBytes], #"{"m":{"b":{"0":9},"k":"x"}}"#),
            ([Sample.mapNumber], #"{"m":{"k":1}}"#),
            ([Sample.array], #"{"a":[null,true,-5,0.5,"hi",{"p":[1]}]}"#),
            ([Sample.element, Sample.attribute], #"{"x":"<p id=\"7\"></p>"}"#),
            ([Sample.richText, Sample.embed], #"{"r":"ab"}"#),
            ([Sample.collected], #"{"m":{}}"#),
            ([Sample.subdocument], #"{"m":{"s":{}}}"#),
            ([Sample.eight, Sample.nine], #"{"t":"XY"}"#),
            ([Sample.nine, Sample.eight], #"{"t":"XY"}"#),
            ([[0, 0]], "{}"),
        ]
    )
    func shown(updates: [[UInt8]], json: String) throws {
        #expect(String(decoding: try self.content(updates).json(), as: UTF8.self) == json)
    }

    @Test("Roots say what is in them, and can be read as anything")
    func roots() throws {
        let content = try self.content([Sample.text, Sample.mapNumber, Sample.array, Sample.element])
        #expect(content.roots.map(\.name) == ["a", "m", "t", "x"])
        #expect(content.roots.map(\.shape) == [.array, .map, .text, .xml])
        #expect(content.root("t")?.hasText == true)
        #expect(content.root("t")?.hasEntries == false)
        #expect(content.root("other") == nil)
        #expect(String(decoding: try content.text(of: "t"), as: UTF8.self) == "a😀b")
        #expect(String(decoding: try content.json(of: "t", as: .array), as: UTF8.self) == #"["a","😀","b"]"#)
        #expect(String(decoding: try content.json(of: "other"), as: UTF8.self) == "{}")
        #expect(String(decoding: try content.xml(of: "x"), as: UTF8.self) == "<p></p>")
        #expect(try content.text(of: "other").isEmpty)
    }

    @Test("What needs something that did not come is left out")
    func pending() throws {
        let content = try self.content([Sample.u0, Sample.u2])
        #expect(content.leftOut == [300: 2])
        #expect(String(decoding: try content.text(of: "t"), as: UTF8.self) == "a")
        #expect(try self.content([Sample.u0, Sample.u1]).leftOut.isEmpty)
        #expect(try self.content([Sample.u1]).roots.isEmpty)
    }

    @Test("Formatting of XML texts becomes elements, attributes of which come from objects")
    func marks() throws {
        // An XML text in a fragment: "a", then "b" as a link of {"href": "u"} and bold.
        let text = hex(
            """
            01 07 05 00 07 01 01 78 06 04 00 05 00 01 61 86 05 01 01 6c 0d 7b 22 68 72 65 66 22 3a 20 22 75 22 7d
            86 05 02 01 62 04 74 72 75 65 84 05 03 01 62 86 05 04 01 6c 04 6e 75 6c 6c 84 05 05 01 63 00
            """
        )
        let content = try self.content([text])
        #expect(String(decoding: try content.xml(of: "x"), as: UTF8.self) == #"a<b><l href="u">b</l></b><b>c</b>"#)
        #expect(content.root("x")?.shape == .xml)
    }
}
