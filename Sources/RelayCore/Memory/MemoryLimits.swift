/// What the process may hold for its clients, in bytes: one bound for the whole, and one for each account.
public struct MemoryLimits: Hashable, Sendable {
    /// All accounts together.
    public var whole: Int
    /// In the order of ``MemoryAccount``'s cases.
    private var bounds: [Int]

    /// Every account's default is a quarter of the whole, but for `hotTier`, 256 MiB, and `strangers` and
    /// `telemetry`, an eighth and at most 64 MiB.
    ///
    /// - Parameter whole: default 1 GiB; a relay derives it from what the machine has, see ``whole(of:)``.
    public init(whole: Int = 1 << 30) {
        self.whole = whole
        self.bounds = MemoryAccount.allCases.map { account in
            switch account {
            case .hotTier: 256 << 20
            case .strangers, .telemetry: min(64 << 20, whole / 8)
            case .readers, .waiting, .requests, .answers, .documents, .presence: whole / 4
            }
        }
    }

    public subscript(account: MemoryAccount) -> Int {
        get { self.bounds[account.rawValue] }
        set { self.bounds[account.rawValue] = newValue }
    }

    /// The default for the whole: half of what the machine or container has, less what else is set aside. The other half is for what is
    /// not counted: code, stacks, the allocator's slack, connections without traffic, topics and users. At least ``leastWhole``.
    ///
    /// - Parameters:
    ///   - machine: bytes of the machine, or of the container where that has less.
    ///   - reserved: bytes that something beside the ledger may take: the memory store.
    public static func whole(of machine: Int, reserved: Int = 0) -> Int {
        max(Self.leastWhole, (machine - reserved) / 2)
    }

    /// 64 MiB.
    public static let leastWhole = 64 << 20
}
