/// What tunnels carry, in a line for people. Pure: whoever shows it says when it is.
public struct TrafficLine: Sendable {
    private var shown = 0

    public init() {}

    /// - Parameters:
    ///   - sent: bytes so far.
    ///   - received: bytes so far.
    ///   - open: tunnels now.
    ///   - seconds: since the last call.
    /// - Returns: nil where nothing has passed since.
    public mutating func line(sent: Int, received: Int, open: Int, seconds: Double) -> String? {
        let total = sent + received
        defer { self.shown = total }
        guard total > self.shown, seconds > 0 else { return nil }
        let rate = Self.size(Int(Double(total - self.shown) / seconds))
        let count = open == 1 ? "1 connection" : "\(open) connections"
        return "\(count), \(Self.size(sent)) sent, \(Self.size(received)) received, \(rate)/s"
    }

    static func size(_ bytes: Int) -> String {
        var rest = Double(bytes)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while rest >= 1024, unit < units.count - 1 {
            rest /= 1024
            unit += 1
        }
        guard unit > 0 else { return "\(bytes) B" }
        let tenths = Int((rest * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
