import RelayCore
import RelayValkey
import Testing

@testable import RelayStorage

@Suite("What a server's error says of what is stored")
struct ServerErrorTests {
    @Test(
        "only a key of another type and a script that broke off tell of damage; else what is stored could not be read",
        arguments: [
            ("WRONGTYPE Operation against a key holding the wrong kind of value", .corrupt),
            ("ERR value is not an integer or out of range script: 5c1e, on @user_script:7.", .corrupt),
            ("ERR user_script:3: attempt to compare nil with number script: 5c1e, on @user_script:3.", .corrupt),
            ("ERR unknown command 'HGETALL', with args beginning with: 'u'", .unavailable),
            ("ERR max number of clients reached", .unavailable),
            ("NEWPREFIX something that no server says yet", .unavailable),
            ("LOADING the dataset", .unavailable),
            ("MISCONF no saving", .full),
        ] as [(String, StoreError.Code)]
    )
    func codes(_ line: String, _ code: StoreError.Code) {
        #expect(StoreError(server: ValkeyServerError(line: line)).code == code)
    }
}
