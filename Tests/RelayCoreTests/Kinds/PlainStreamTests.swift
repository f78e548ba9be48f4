import RelayCore
import RelayWire
import Testing

@Suite("Who may do what with an ordinary topic")
struct PlainStreamTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let who: Principal
        let topic: TopicAccess
        /// Of create, read, publish, inspect, manage.
        let decisions: [AccessDecision]
        let label: String

        var testDescription: String { self.label }
    }

    private static func olgas(isPublic: Bool) -> TopicAccess {
        TopicAccess(
            record: TopicRecord(
                id: "1",
                key: .named("news"),
                kind: "stream",
                owner: Principal.olga.id,
                createdAt: Timestamp(microseconds: 0),
                isPublic: isPublic,
                description: nil
            ),
            grants: [Principal.greta.id]
        )
    }

    @Test(
        "the table of the contract, section 4.2",
        arguments: [
            Case(.ada, olgas(isPublic: false), [.allowed, .allowed, .allowed, .allowed, .allowed], "admin"),
            Case(.olga, olgas(isPublic: false), [.allowed, .allowed, .allowed, .allowed, .allowed], "owner"),
            Case(.greta, olgas(isPublic: false), [.denied, .allowed, .allowed, .allowed, .denied], "granted"),
            Case(.sven, olgas(isPublic: true), [.denied, .allowed, .denied, .allowed, .denied], "other, public"),
            Case(.sven, olgas(isPublic: false), [.denied, .denied, .denied, .denied, .denied], "other, private"),
            Case(.sven, .missing, [.allowed, .allowed, .missing, .missing, .missing], "no such topic"),
            Case(.ada, .missing, [.allowed, .allowed, .missing, .missing, .missing], "admin, no such topic"),
        ]
    )
    func decides(row: Case) {
        let actions: [TopicAction] = [.create, .read, .publish, .inspect, .manage]
        let decisions = actions.map { PlainStream().decide($0, by: row.who, on: row.topic) }
        #expect(decisions == row.decisions)
    }
}

extension PlainStreamTests.Case {
    fileprivate init(_ who: Principal, _ topic: TopicAccess, _ decisions: [AccessDecision], _ label: String) {
        self.init(who: who, topic: topic, decisions: decisions, label: label)
    }
}
