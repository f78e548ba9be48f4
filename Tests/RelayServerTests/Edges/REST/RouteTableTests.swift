import HTTPTypes
import Testing

@testable import RelayServer

@Suite("Table of routes")
struct RouteTableTests {
    private let table: RouteTable = {
        var table = RouteTable()
        table.add(.get, "/topics/{name}")
        table.add(.get, "/topics/stats")
        table.add(.put, "/topics/{name}")
        table.add(.get, "/topics/{name}/messages")
        table.add(.delete, "/topics/{name}/permissions/{user}")
        return table
    }()

    @Test(
        "finds the one template that a path is meant for",
        arguments: [
            ("/topics/a", "/topics/{name}"),
            ("/topics/stats", "/topics/stats"),
            ("/topics/%73tats", "/topics/{name}"),
            ("/topics/stats/messages", "/topics/{name}/messages"),
            ("/topics/a/permissions/b", "/topics/{name}/permissions/{user}"),
        ]
    )
    func found(path: String, template: String) {
        #expect(self.table.match(path)?.template == template)
    }

    @Test(
        "knows no other path",
        arguments: [
            "", "/", "//", "/topics", "/topics/", "/topics/a/", "//topics/a", "/topics//messages", "/TOPICS/a",
            "topics/a",
            "/topics/a/permissions", "/topics/a/permissions//", "/topics/a/b", "*", "/topics/a/permissions/b/c",
        ]
    )
    func unknown(path: String) {
        #expect(self.table.match(path)?.template == nil)
    }

    @Test("lists a path's methods in the order in which they were added")
    func allow() {
        #expect(self.table.match("/topics/a")?.allow == "GET, PUT")
        #expect(self.table.match("/topics/stats")?.allow == "GET")
    }
}
