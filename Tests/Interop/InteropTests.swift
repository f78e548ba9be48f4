import Foundation
import ProgramFixture
import Testing

/// Clients that others wrote, against the program as built. Each scenario is a script that can be read by itself.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct InteropTests {
    @Test("The published client publishes once, whatever replies are lost, and reads back what it published")
    func clientPublish() async throws {
        try await Scenario.run("client_publish.py")
    }

    @Test("The published client keeps its tokens in a file, and logs in again after a logout")
    func clientTokens() async throws {
        try await Scenario.run("client_tokens.py")
    }

    @Test("The published client loses and repeats nothing between polls, publishers and restarts of its own")
    func clientPoll() async throws {
        try await Scenario.run("client_poll.py")
    }

    @Test("A WebSocket opens with a token in each of the three places, and with none it does not")
    func socketHandshake() async throws {
        try await Scenario.run("socket_handshake.py")
    }

    @Test("A WebSocket begins where it asks to, publishes, and ends its subscriptions")
    func socketSubscribe() async throws {
        try await Scenario.run("socket_subscribe.py")
    }

    @Test("A reader that fell behind what is kept is told so")
    func socketGap() async throws {
        try await Scenario.run("socket_gap.py", settings: ["MAX_MESSAGES_PER_TOPIC": "5"])
    }

    @Test("Bad frames get an error, and a broken protocol the right close code")
    func socketProtocol() async throws {
        try await Scenario.run("socket_protocol.py")
    }

    @Test("What is taken back stops working at once on open connections")
    func socketRevoked() async throws {
        try await Scenario.run("socket_revoked.py")
    }

    @Test("Readers that connect again and again lose and repeat nothing")
    func socketResume() async throws {
        try await Scenario.run("socket_resume.py")
    }

    @Test("Readers that connect again and again lose and repeat nothing where memory holds but few messages")
    func socketResumeFromTheStore() async throws {
        try await Scenario.run("socket_resume.py", settings: ["HOT_TIER_MAX_MESSAGES_PER_TOPIC": "10"])
    }

    @Test("The descriptions of the routes and of the frames are what their standards say")
    func descriptions() async throws {
        try await Scenario.run("descriptions.py")
    }

    @Test("Whatever is asked of the routes is answered as it is described")
    func describedRoutes() async throws {
        try await Scenario.run("described_routes.py")
    }

    @Test("What is said over WebSockets and event streams is as it is described")
    func describedFrames() async throws {
        try await Scenario.run("described_frames.py", settings: ["MAX_MESSAGES_PER_TOPIC": "5"])
    }

    @Test("Clients of Pulse with the published libraries, beside readers by other ways, and the guide's example")
    func pulse() async throws {
        let port = try await freePort()
        try await Scenario.run(
            "pulse.py",
            settings: ["PULSE_PORT": String(port)],
            environment: ["PULSE_PORT": String(port)]
        )
    }

    @Test("Who is on a topic, by every way at once, with the published libraries, and the guide's example")
    func presence() async throws {
        try await Scenario.run("presence.py")
    }

    @Test("Who is on a topic of two relays, of which one is killed, one is stopped for a while and one is shut down")
    func presenceOnNodes() async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.environment = ["RELAY_PROGRAM": Installation.relay.path()]
            try await scenario.run("presence_nodes.py")
        }
    }

    @Test("A browser on an allowed origin does everything, and on any other nothing")
    func browser() async throws {
        let port = try await freePort()
        try await Scenario.run(
            "browser.py",
            settings: ["ALLOWED_ORIGINS": "[\"http://127.0.0.1:\(port)\"]"],
            environment: ["ALLOWED_PORT": String(port)]
        )
    }

    @Test("The documents' examples for browsers run in one")
    func browserExamples() async throws {
        let port = try await freePort()
        try await Scenario.run(
            "browser_examples.py",
            settings: ["ALLOWED_ORIGINS": "[\"http://127.0.0.1:\(port)\"]"],
            environment: ["ALLOWED_PORT": String(port)]
        )
    }

    @Test("The published client and the command line are let in by the device flow")
    func deviceFlow() async throws {
        try await Scenario.run(
            "device_flow.py",
            settings: ["DEVICE_CODE_POLL_INTERVAL": "1"],
            environment: ["RELAY_PROGRAM": Installation.relay.path()]
        )
    }

    @Test("A person lets a device in at the relay's pages in Chromium, and another site's page can't")
    func devicePage() async throws {
        try await Scenario.run("device_page.py")
    }

    @Test(
        "People sign in at an identity provider, by the command line and in Chromium too, though it was down at first"
    )
    func oidcSignIn() async throws {
        let port = try await freePort()
        try await Scenario.run(
            "oidc_sign_in.py",
            settings: [
                "DEVICE_CODE_POLL_INTERVAL": "1",
                "OIDC__ENABLED": "true",
                "OIDC__DEFAULT_PERMISSIONS": "read",
                "OIDC__PROVIDERS__MOCK__DISPLAY_NAME": "The mock",
                "OIDC__PROVIDERS__MOCK__CLIENT_ID": "the-relay",
                "OIDC__PROVIDERS__MOCK__CLIENT_SECRET": "of the relay",
                "OIDC__PROVIDERS__MOCK__DISCOVERY_URL": "http://localhost:\(port)/.well-known/openid-configuration",
                "OIDC__PROVIDERS__MOCK__GROUPS_CLAIM": "groups",
                "OIDC__PROVIDERS__MOCK__GROUP_PERMISSIONS": "[\"staff=read+write\"]",
            ],
            environment: ["PROVIDER_PORT": String(port), "RELAY_PROGRAM": Installation.relay.path()]
        )
    }

    @Test("Behind nginx and HAProxy, as the guide sets them up, a relay does what it does without them")
    func proxies() async throws {
        try await Scenario.inFolder { scenario in
            try scenario.takeSettings(of: "docs/proxies.md")
            let limits = ["RATE_LIMITS_ENABLED": "true", "RATE_LIMIT_LOGIN": "2"]
            let relay = try await RelayUnderTest.start(limits, in: scenario.folder)
            try await scenario.run("proxies.py", against: relay)
            try await relay.stop()
        }
    }

    @Test("A browser comes back to a relay that has restarted behind nginx, by the guide's lines and not without them")
    func proxyRestart() async throws {
        try await Scenario.inFolder { scenario in
            let port = String(try await freePort())
            var scenario = scenario
            scenario.environment = ["ALLOWED_PORT": port]
            try scenario.takeSettings(of: "docs/proxies.md")
            let relay = try await RelayUnderTest.start(
                ["ALLOWED_ORIGINS": "[\"http://127.0.0.1:\(port)\"]"],
                in: scenario.folder
            )
            try await scenario.run("proxy_restart.py", against: relay)
            #expect(try await relay.process.exit(within: .seconds(10)) == .code(0), "\(relay.process.lastWords)")
        }
    }

    @Test("curl logs in, publishes, polls, follows an event stream, and is told when a body is too large")
    func curl() async throws {
        try await Scenario.run("curl.py")
    }

    @Test("After SIGKILL under load, three times, all that was acknowledged is there, and readers go on")
    func killed() async throws {
        try await Scenario.inFolder { scenario in
            for _ in 0..<3 {
                let killed = try await RelayUnderTest.start([:], in: scenario.folder)
                try await scenario.run("kill_under_load.py", against: killed)
                #expect(try await killed.process.exit(within: .seconds(10)) == .signal(SIGKILL))
                try await scenario.lookForAcknowledged()
            }
        }
    }

    @Test("After SIGKILL named readers go on behind what was acknowledged to be done, and miss nothing that was not")
    func killedWithReaders() async throws {
        try await Scenario.inFolder { scenario in
            for _ in 0..<2 {
                let killed = try await RelayUnderTest.start([:], in: scenario.folder)
                try await scenario.run("readers_killed.py", against: killed)
                #expect(try await killed.process.exit(within: .seconds(10)) == .signal(SIGKILL))
                let next = try await RelayUnderTest.start([:], in: scenario.folder)
                try await scenario.run("readers_after.py", against: next)
                try await next.stop()
            }
        }
    }

    @Test("A log that nobody reads stops nothing: publishes, readiness and the end go on")
    func stalledLog() async throws {
        try await Scenario.inFolder { scenario in
            let log = scenario.folder.appending(path: "relay.log").path()
            let isMade = unsafe mkfifo(log, 0o600)
            try #require(isMade == 0)
            // Holds the pipe open, and never reads from it.
            let pipe = unsafe open(log, O_RDWR | O_CLOEXEC)
            try #require(pipe >= 0)
            let relay = try await RelayUnderTest.start(["LOG_LEVEL": "debug"], in: scenario.folder)
            try await scenario.run("stalled_log.py", against: relay)
            relay.process.signal(SIGTERM)
            #expect(try await relay.process.exit(within: .seconds(30)) == .code(0))
            close(pipe)
        }
    }

    @Test("Clocks that are set by an hour or a day, forth and back, shut nobody out and lose nothing")
    func clockSteps() async throws {
        try await Scenario.inFolder { scenario in
            let library = try #require(FakeTime.library, "the Debian package faketime is not installed")
            let clock = scenario.folder.appending(path: "clock")
            try "+0".write(to: clock, atomically: true, encoding: .utf8)
            let relay = try await RelayUnderTest.start(
                ["RATE_LIMITS_ENABLED": "true", "RATE_LIMIT_LOGIN": "0", "RATE_LIMIT_REFRESH": "5"],
                environment: FakeTime.environment(library, clock),
                in: scenario.folder
            )
            var scenario = scenario
            scenario.environment = ["CLOCK": clock.path()]
            try await scenario.run("clock_steps.py", against: relay)
            try await relay.stop()
        }
    }

    @Test(
        "Peers that vanish without a word are noticed on every transport, and readers that pause are kept",
        .enabled(if: NetworkPlaces.canBeMade, "network namespaces can't be made here: that needs root and iproute2")
    )
    func vanishedPeers() async throws {
        let seconds = "6"
        try await Scenario.run(
            "vanished_peers.py",
            settings: ["HOST": "0.0.0.0", "PEER_TIMEOUT": seconds],
            environment: ["PEER_TIMEOUT": seconds]
        )
    }

    @Test("After SIGTERM under load everyone is answered, and all that was acknowledged is there")
    func terminated() async throws {
        try await Scenario.inFolder { scenario in
            let stopped = try await RelayUnderTest.start([:], in: scenario.folder)
            try await scenario.run("stop.py", against: stopped)
            #expect(try await stopped.process.exit(within: .seconds(10)) == .code(0), "\(stopped.process.lastWords)")
            try await scenario.lookForAcknowledged()
        }
    }
}

extension Scenario {
    /// Makes a configuration file of what a guide sets, for the relays that are started in the folder.
    fileprivate func takeSettings(of guide: String) throws {
        let blocks = try MarkdownDocument(reading: guide).blocks.filter { $0.language == "yaml" }
        try #require(!blocks.isEmpty, "\(guide) has settings")
        let file = self.folder.appending(path: "config.yaml")
        try blocks.map(\.text).joined().write(to: file, atomically: true, encoding: .utf8)
    }

    /// Starts a relay again in the folder, and looks for what the one before it had acknowledged.
    fileprivate func lookForAcknowledged() async throws {
        let restarted = try await RelayUnderTest.start([:], in: self.folder)
        try await self.run("acknowledged.py", against: restarted)
        try await restarted.stop()
    }
}
