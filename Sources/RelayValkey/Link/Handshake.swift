import NIOCore

/// What is said on a new connection before anything else: all at once, and then each answer is judged.
struct Handshake {
    enum Action: Equatable {
        case wait
        case finished
        /// The server would not have this client.
        case refused(ValkeyServerError)
        /// It can't serve anybody right now: it is loading its data, or a replica without its primary.
        case notReady(ValkeyServerError)
        case violation
    }

    private enum Step: Equatable {
        case required
        /// Its error is no matter.
        case optional
    }

    private var steps: ArraySlice<Step>
    private let password: ValkeyPassword?
    /// All that is sent, one command after the other.
    let commands: [ValkeyCommand]

    init(_ configuration: ValkeyConfiguration) {
        var commands: [ValkeyCommand] = []
        var steps: [Step] = []
        if let password = configuration.password {
            let user = configuration.username.map { [ValkeyArgument($0)] } ?? []
            commands.append(ValkeyCommand(["AUTH"] + user + [ValkeyArgument(password.value)]))
            steps.append(.required)
        }
        if configuration.database != 0 {
            commands.append(ValkeyCommand("SELECT", ValkeyArgument(configuration.database)))
            steps.append(.required)
        }
        if let name = configuration.clientName {
            commands.append(ValkeyCommand("CLIENT", "SETNAME", ValkeyArgument(name)))
            steps.append(.optional)
        }
        // Tells a server that asks for a password, or can't serve yet, from one that is ready.
        commands.append(ValkeyCommand("PING"))
        steps.append(.required)
        self.commands = commands
        self.steps = steps[...]
        self.password = configuration.password
    }

    mutating func received(_ reply: ValkeyReply) -> Action {
        guard let step = self.steps.popFirst() else { return .violation }
        switch reply {
        case .error(let error) where step == .required:
            let message = self.password?.removed(from: error.message) ?? error.message
            let shown = ValkeyServerError(prefix: error.prefix, message: message)
            return Self.passing.contains(error.prefix) ? .notReady(shown) : .refused(shown)
        case .error, .status:
            return self.steps.isEmpty ? .finished : .wait
        case .string, .integer, .null, .array:
            return .violation
        }
    }

    private static let passing: Set<String> = ["LOADING", "MASTERDOWN", "BUSY", "CLUSTERDOWN", "TRYAGAIN", "MISCONF"]
}
