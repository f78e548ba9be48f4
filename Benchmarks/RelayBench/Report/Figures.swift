/// One line of measured values, in the line's unit; nil for what was not measured.
struct Figures: Codable, Sendable {
    var relay: Double?
    var bare: Double?
    var nchan: Double?
    /// The relay's figure as a multiple of what the line compares it with.
    var ratio: Double?
    /// By how much the relay's figure exceeds what the line compares it with, in the line's unit.
    var difference: Double?
}
