import RelayCore
import Testing

@testable import RelayServer

/// What relays ask each other about their connections.
@Suite("Questions about connections")
struct ConnectionQuestionTests {
    @Test("come back as they were written")
    func roundTrip() {
        var filter = ConnectionRegister.Filter()
        filter.kind = .sse
        filter.user = UserID("a&b=c %")
        filter.address = "::1"
        let place = ConnectionPlace(loop: 3, number: 17)
        let texts = [
            ConnectionQuestion.list(node: "n", filter, after: place, limit: 9).text,
            ConnectionQuestion.list(node: "n", .init(), after: nil, limit: 1_000).text,
            ConnectionQuestion.end(node: "n", place).text,
        ]
        for text in texts { #expect(ConnectionQuestion(text)?.text == text) }
    }

    @Test(
        "are none",
        arguments: [
            "", "connections?", "connections?node=n", "connections?node=n&limit=0", "connections?node=n&limit=1001",
            "connections?node=n&limit=5&after=1", "connections?node=n&limit=5&kind=x", "end?", "end?node=n",
            "end?node=n&id=1.x", "stop?node=n",
        ]
    )
    func refused(text: String) {
        #expect(ConnectionQuestion(text) == nil)
    }

    @Test("have answers that come back as they were written, and nothing else is one")
    func answers() {
        let place = ConnectionPlace(loop: 0, number: 5)
        for answer in [
            ConnectionAnswer.page(["{}", "{\"a\":1}"], next: place), .page([], next: nil), .done, .none, .gone,
        ] {
            #expect(ConnectionAnswer(answer.text)?.text == answer.text)
        }
        for text in ["", "page", "page x", "page 1", "ok"] { #expect(ConnectionAnswer(text) == nil, "\(text)") }
    }

    @Test("name places that are numbers", arguments: ["", ".", "1", "1.", ".1", "-1.1", "1.-1", "1.1.1", "a.1"])
    func places(text: String) {
        #expect(ConnectionPlace(text) == nil)
    }
}
