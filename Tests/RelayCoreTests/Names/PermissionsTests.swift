import RelayCore
import Testing

@Suite("Global permissions")
struct PermissionsTests {
    @Test(
        "names are read in any order and listed in one",
        arguments: [
            ([], []), (["write", "read"], ["read", "write"]),
            (["write", "admin", "read"], ["admin", "read", "write"]),
            (["read", "read"], ["read"]),
        ] as [([String], [String])]
    )
    func names(given: [String], listed: [String]) {
        #expect(Permissions(names: given)?.names == listed)
    }

    @Test("an unknown name makes the whole list unreadable", arguments: [["read", "root"], ["Admin"], [""]])
    func unknown(names: [String]) {
        #expect(Permissions(names: names) == nil)
    }

    @Test("admin alone neither reads nor writes")
    func admin() {
        #expect(Permissions.admin.isDisjoint(with: [.read, .write]))
        #expect(Principal.ada.isAdmin)
        #expect(!Principal.olga.isAdmin)
    }
}
