/// What is asked of a line's figures.
struct Must: Sendable {
    let text: String
    private let judge: @Sendable (Figures) -> Verdict

    func verdict(_ figures: Figures) -> Verdict {
        self.judge(figures)
    }

    static func ratio(atMost limit: Double) -> Must {
        Must(text: "ratio <= \(limit)") { Self.verdict($0.ratio.map { $0 <= limit }) }
    }

    static func relay(atMost limit: Double) -> Must {
        Must(text: "<= \(Int(limit))") { Self.verdict($0.relay.map { $0 <= limit }) }
    }

    static func relay(atLeast limit: Double) -> Must {
        Must(text: ">= \(Int(limit))") { Self.verdict($0.relay.map { $0 >= limit }) }
    }

    static func ratio(atLeast limit: Double) -> Must {
        Must(text: "ratio >= \(limit)") { Self.verdict($0.ratio.map { $0 >= limit }) }
    }

    static func difference(atMost limit: Double) -> Must {
        Must(text: "<= \(Int(limit)) more") { Self.verdict($0.difference.map { $0 <= limit }) }
    }

    /// Asks nothing where nchan isn't installed.
    static let belowNchan = Must(text: "below nchan") { figures in
        guard let nchan = figures.nchan else { return figures.relay == nil ? .unmeasured : .met }
        return Self.verdict(figures.relay.map { $0 < nchan })
    }

    func and(_ other: Must) -> Must {
        Must(text: "\(self.text), \(other.text)") { figures in
            let verdicts = [self.verdict(figures), other.verdict(figures)]
            return verdicts.contains(.missed) ? .missed : verdicts.contains(.unmeasured) ? .unmeasured : .met
        }
    }

    func or(_ other: Must) -> Must {
        Must(text: "\(self.text) or \(other.text)") { figures in
            let verdicts = [self.verdict(figures), other.verdict(figures)]
            return verdicts.contains(.met) ? .met : verdicts.contains(.unmeasured) ? .unmeasured : .missed
        }
    }

    private static func verdict(_ holds: Bool?) -> Verdict {
        switch holds {
        case true: .met
        case false: .missed
        case nil: .unmeasured
        }
    }
}
