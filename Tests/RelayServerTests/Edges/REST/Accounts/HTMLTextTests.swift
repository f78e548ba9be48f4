import Testing

@testable import RelayServer

@Suite struct HTMLTextTests {
    @Test("What is put into a page is text, in elements and in attributes, and pages themselves are not escaped twice")
    func escaping() {
        let inner: HTMLText = "<b>\("<&>\"'\u{0301}")</b>"
        let outer: HTMLText = "<a title=\"\("\"")\">\(inner)</a>"
        #expect(inner.markup == "<b>&lt;&amp;&gt;&quot;&#39;\u{0301}</b>")
        #expect(outer.markup == "<a title=\"&quot;\"><b>&lt;&amp;&gt;&quot;&#39;\u{0301}</b></a>")
    }
}
