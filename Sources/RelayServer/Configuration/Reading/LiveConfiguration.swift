public import RelayWire
import Synchronization

/// The configuration in effect, and the way to read it again.
///
/// It is a value that nothing changes; reading again puts another one in its place, which differs in the keys alone that may change while
/// the relay runs. Who owns a part is handed the new one by ``observe(_:)``. All or nothing: where anything is wrong with what was read, the
/// configuration stays as it is.
///
/// Owns the configuration in a short `Mutex`, and has one reading under way at a time.
public final class LiveConfiguration: Sendable {
    /// Reads all sources again.
    public typealias Loader = @Sendable () throws(ConfigurationFailure) -> EffectiveConfiguration

    /// A key that has another value in the sources than in effect. Of a secret it shows no more than that.
    public struct Change: Hashable, Sendable {
        /// Its flat name, as in ``EffectiveConfiguration/origins``.
        public let key: String
        let old: ConfigurationValue?
        let new: ConfigurationValue?

        /// For people: `log_level: info -> debug`.
        public var text: String { "\(self.key): \(Self.text(self.old)) -> \(Self.text(self.new))" }

        private static func text(_ value: ConfigurationValue?) -> String {
            switch value {
            case .text(let text): text
            case .list(let texts): "\(texts)"
            case .span(let span): "\(span)"
            case nil: "not set"
            }
        }
    }

    /// What would come of a configuration that was read.
    private struct Plan {
        let old: RelayConfiguration
        /// What would be in effect: of keys that wait for a restart, the old values.
        var new: RelayConfiguration
        var changed: [Change] = []
        var waiting: [Change] = []
    }

    /// What came of reading again.
    public struct Outcome: Sendable {
        /// In effect by now.
        public let changed: [Change]
        /// In effect after a restart.
        public let needsRestart: [Change]
        /// Of what was read. Never contain a secret.
        public let warnings: [ConfigurationProblem]
    }

    /// What is in effect, and since when.
    public struct State: Sendable {
        public let effective: EffectiveConfiguration
        /// When it was read last, or the relay started with it.
        public let loadedAt: Timestamp
        /// Keys whose values in the sources wait for a restart.
        public let pending: [String]
    }

    /// Handed what was in effect, and what is now.
    typealias Observer = @Sendable (_ old: RelayConfiguration, _ new: RelayConfiguration) -> Void

    private let loader: Loader?
    private let now: @Sendable () -> Timestamp
    private let state: Mutex<State>
    private let examiners = Mutex<[@Sendable (RelayConfiguration) -> ConfigurationProblem?]>([])
    private let observers = Mutex<[Observer]>([])
    private let reading = Mutex(())

    /// - Parameters:
    ///   - effective: what the relay starts with.
    ///   - loader: nil where there is nothing to read again.
    ///   - now: the wall clock.
    public init(_ effective: EffectiveConfiguration, now: @escaping @Sendable () -> Timestamp, loader: Loader?) {
        self.loader = loader
        self.now = now
        self.state = Mutex(State(effective: effective, loadedAt: now(), pending: []))
    }

    /// What is in effect, and since when.
    public var current: State { self.state.withLock { $0 } }

    /// The values in effect.
    public var configuration: RelayConfiguration { self.state.withLock { $0.effective.configuration } }

    /// - Parameter observer: handed each new configuration, one after another; must not wait for anything.
    public func observe(_ observer: @escaping @Sendable (RelayConfiguration) -> Void) {
        self.observeChanges { observer($1) }
    }

    /// - Parameter observer: handed what was in effect, and what is now, one change after another; must not wait for anything.
    func observeChanges(_ observer: @escaping Observer) {
        self.observers.withLock { $0.append(observer) }
    }

    /// Lets the owner of a part say what stands against a configuration that only it can see, before anybody has it: what is in a file, say.
    ///
    /// - Parameter examiner: handed each configuration that was read, and last the one that comes into force; may wait for files. Nil where
    ///   nothing stands against it.
    func examine(_ examiner: @escaping @Sendable (RelayConfiguration) -> ConfigurationProblem?) {
        self.examiners.withLock { $0.append(examiner) }
    }

    /// Reads the sources again. Waits for files.
    ///
    /// - Returns: nil where there are no sources.
    /// - Throws: all that is wrong with them; then nothing has changed.
    public func reload() throws(ConfigurationFailure) -> Outcome? {
        guard let loader = self.loader else { return nil }
        return try self.reading.withLock { _ throws(ConfigurationFailure) in
            let read = try loader()
            let problems = self.problems(read.configuration)
            guard problems.isEmpty else { throw ConfigurationFailure(problems: problems) }
            let plan = self.plan(read.configuration)
            try self.check(plan)
            return self.take(plan, read)
        }
    }

    /// The errors alone, without those that the loader finds.
    private func problems(_ configuration: RelayConfiguration) -> [ConfigurationProblem] {
        StartupGuard.check(configuration).filter { $0.severity == .error }
            + self.examiners.withLock { $0 }.compactMap { $0(configuration) }
    }

    /// What was read is good as a whole. Without the keys that wait for a restart it may not be. What a program's own configuration breaks from the
    /// beginning doesn't count.
    private func check(_ plan: Plan) throws(ConfigurationFailure) {
        guard !plan.changed.isEmpty, !plan.waiting.isEmpty else { return }
        let before = ConfigurationRules.check(plan.old, given: [])
        let broken = ConfigurationRules.check(plan.new, given: []).filter {
            $0.severity == .error && !before.contains($0)
        }
        let problems = broken + self.problems(plan.new)
        guard !problems.isEmpty else { return }
        let waiting = plan.waiting.map(\.key).joined(separator: ", ")
        throw ConfigurationFailure(
            problems: problems.map { problem in
                ConfigurationProblem(
                    key: problem.key,
                    "\(problem.message). As read, it is good only together with what needs a restart: \(waiting)",
                    place: problem.place
                )
            }
        )
    }

    /// The keys of both, each once: below a name that only one has, too.
    private static func keys(in old: RelayConfiguration, or new: RelayConfiguration) -> [ConfigurationKey] {
        let keys = ConfigurationKey.all(in: old)
        let known = Set(keys.map(\.name))
        return keys + ConfigurationKey.all(in: new).filter { !known.contains($0.name) }
    }

    private func plan(_ read: RelayConfiguration) -> Plan {
        let old = self.configuration
        var plan = Plan(old: old, new: old)
        for key in Self.keys(in: old, or: read) where !key.isSame(old, read) {
            let change = Change(key: key.name, old: key.shown(in: old), new: key.shown(in: read))
            if key.reloads {
                key.copy(read, &plan.new)
                plan.changed.append(change)
            } else {
                plan.waiting.append(change)
            }
        }
        // As a whole: a name that is there no more is gone.
        for family in KeyFamily.all { family.copy(read, &plan.new) }
        return plan
    }

    private func take(_ plan: Plan, _ read: EffectiveConfiguration) -> Outcome {
        let waiting = plan.waiting.map(\.key)
        let next = State(
            effective: self.current.effective.with(plan.new, origins: read, except: Set(waiting)),
            loadedAt: self.now(),
            pending: waiting
        )
        self.state.withLock { $0 = next }
        if !plan.changed.isEmpty {
            for observer in self.observers.withLock({ $0 }) { observer(plan.old, plan.new) }
        }
        return Outcome(changed: plan.changed, needsRestart: plan.waiting, warnings: read.warnings)
    }
}

extension ConfigurationKey {
    /// The value for people. Of a secret only whether it is set.
    func shown(in configuration: RelayConfiguration) -> ConfigurationValue? {
        let value = self.read(configuration)
        return self.isSecret && value?.isEmpty == false ? .text("set") : value
    }
}

extension EffectiveConfiguration {
    /// A configuration that nobody has read from anywhere: a program's own.
    public init(_ configuration: RelayConfiguration) {
        self.init(configuration: configuration, file: nil, origins: [:], warnings: [])
    }

    /// With other values, and where those came from.
    ///
    /// - Parameter pending: keys whose values, and so their origins, are still the old ones.
    fileprivate func with(
        _ configuration: RelayConfiguration,
        origins read: EffectiveConfiguration,
        except pending: Set<String>
    ) -> EffectiveConfiguration {
        var origins = read.origins.filter { !pending.contains($0.key) }
        for key in pending { origins[key] = self.origins[key] }
        return EffectiveConfiguration(
            configuration: configuration,
            file: read.file,
            origins: origins,
            overridden: read.overridden,
            warnings: read.warnings
        )
    }
}
