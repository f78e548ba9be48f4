import RelayCore
import Synchronization

/// Accounts of those who hold a ticket and have no account: one for each ticket in use, so that what it has under way is counted together.
final class TicketAccounts: Sendable {
    private struct WeakAccount {
        weak var account: Account?
    }

    private struct Table {
        var accounts: [String: WeakAccount] = [:]
        var sweepsAtCount = TicketAccounts.smallestSweep
    }

    private static let smallestSweep = 1024

    private let table = Mutex(Table())

    func account(of peer: PeerStanding, _ ticket: TicketHolding) -> Account {
        self.table.withLock { table in
            if let account = table.accounts[ticket.id]?.account { return account }
            if table.accounts.count >= table.sweepsAtCount {
                table.accounts = table.accounts.filter { $0.value.account != nil }
                table.sweepsAtCount = max(Self.smallestSweep, 2 * table.accounts.count)
            }
            let account = Account(holderOf: ticket, named: peer.id)
            table.accounts[ticket.id] = WeakAccount(account: account)
            return account
        }
    }
}
