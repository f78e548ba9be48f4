import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("History queries")
struct HistoryQueryTests {
    @Test(
        "limits are whole numbers, cut to 100",
        arguments: [
            ("", 10), ("limit=1", 1), ("limit=100", 100), ("limit=101", 100), ("limit=30.0", 30), ("limit=%2B7", 7),
            ("limit=99999999999999999999999999", 100), ("other=1", 10),
        ]
    )
    func limits(query: String, limit: Int) throws {
        #expect(try HistoryQuery(QueryItems(Substring(query))).limit == limit)
    }

    @Test(
        "a limit that is no whole number is an issue",
        arguments: ["", "x", "1.5", "0x10", "nan", "inf", "1e2", "1 0", "--1", "."]
    )
    func notWhole(limit: String) {
        #expect(throws: RequestError.self) { try HistoryQuery(QueryItems(Substring("limit=\(limit)"))) }
    }

    @Test(
        "limits below 1 and unknown orders are refused in words",
        arguments: ["limit=0", "limit=-5", "order=up", "order="]
    )
    func refused(query: String) {
        #expect(throws: RESTRefusal.self) { try HistoryQuery(QueryItems(Substring(query))) }
    }

    @Test("the order is the newest first unless asked otherwise, and an empty cursor is none")
    func rest() throws {
        let plain = try HistoryQuery(QueryItems("cursor="))
        #expect(plain.order == .descending)
        #expect(plain.cursor == nil)
        let asked = try HistoryQuery(QueryItems("order=asc&cursor=1-2"))
        #expect(asked.order == .ascending)
        #expect(asked.cursor == "1-2")
    }
}
