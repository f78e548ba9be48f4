/// Which readers a message is for. Two bytes, since each message has one.
public struct Audience: Sendable, Hashable {
    /// -1: all; from 0: that reader alone; below -1: all but one.
    private let code: Int16

    private init(_ code: Int) {
        self.code = Int16(code)
    }

    public static let all = Audience(-1)

    /// - Parameter reader: its number, at most 30,000.
    public static func one(_ reader: Int) -> Audience { Audience(reader) }

    /// - Parameter reader: its number, at most 30,000.
    public static func others(than reader: Int) -> Audience { Audience(-2 - reader) }

    func includes(_ reader: Int) -> Bool {
        switch self.code {
        case -1: true
        case 0...: Int(self.code) == reader
        default: -2 - Int(self.code) != reader
        }
    }
}
