import NIOHTTP1
import RelayAccess
import RelayWire

/// The pages on which people let devices in, or send them away.
enum DevicePages {
    /// Why a question is asked again.
    enum Problem {
        case incomplete
        case wrongCredentials
        case inactive
        /// For so many seconds.
        case tooManyTries(Int64)

        /// - Returns: nil for an error that is no fault of what was typed in.
        init?(_ error: AccessError) {
            switch error.code {
            case .wrongCredentials: self = .wrongCredentials
            case .accountInactive: self = .inactive
            case .rateLimited(_, let seconds): self = .tooManyTries(seconds)
            default: return nil
            }
        }

        fileprivate var text: HTMLText {
            switch self {
            case .incomplete: "Give your username and your password."
            case .wrongCredentials: "The username or the password is wrong."
            case .inactive: "This account is not active."
            case .tooManyTries(let seconds): "That was tried too often. Try again in \(counted(seconds, "second"))."
            }
        }
    }

    static var prompt: Reply {
        SignInPage.reply(
            .ok,
            "Let a device in",
            """
            <p>Type in the code that the device shows.</p>
            <form method="get" action="\(DeviceRoutes.pagePath)">
            <label for="user_code">Code</label>
            <input class="code" id="user_code" name="user_code" autocomplete="off" autocapitalize="characters" \
            spellcheck="false" maxlength="16" required autofocus>
            <button>Go on</button>
            </form>
            """
        )
    }

    /// Says what asks to be let in, and takes the answer.
    static func question(
        _ request: DeviceRequest,
        _ signIn: SignInServices,
        at now: Timestamp,
        problem: Problem? = nil
    ) -> Reply {
        let code = request.userCode.description
        let content: HTMLText = """
            \(Self.described(request, at: now))
            \(Self.told(problem))
            \(signIn.takesPasswords ? Self.passwordForm(code) : "")
            \(Self.links(to: signIn.providers, code))
            \(Self.refusalForm(code))
            """
        let title = "Let this device in?"
        switch problem {
        case nil: return SignInPage.reply(.ok, title, content)
        case .tooManyTries(let seconds): return Self.limited(title, content, seconds)
        case .incomplete, .wrongCredentials, .inactive: return SignInPage.reply(.forbidden, title, content)
        }
    }

    /// Asks somebody who has signed in at a provider.
    static func consent(_ request: DeviceRequest, _ user: User, _ step: SignInStep, at now: Timestamp) -> Reply {
        let content: HTMLText = """
            \(Self.described(request, at: now))
            <p>You have signed in as <strong>\(user.username)</strong>.</p>
            <form method="post" action="\(SignInCookie.approvalPath)">
            <input type="hidden" name="approval" value="\(step.ticket)">
            <button>Let the device in</button>
            </form>
            \(Self.refusalForm(request.userCode.description))
            """
        return SignInPage.reply(.ok, "Let this device in?", content)
    }

    private static func described(_ request: DeviceRequest, at now: Timestamp) -> HTMLText {
        """
        <p class="warning">Somebody wants to act in your name with this code. Go on only if you have started this yourself, \
        and the device shows the same code. Nobody who calls or writes to you needs it.</p>
        <dl>
        <dt>Code</dt><dd class="code">\(request.userCode.description)</dd>
        <dt>Calls itself</dt><dd>\(request.clientHint ?? "(nothing)")</dd>
        <dt>Asks from</dt><dd>\(request.address)</dd>
        <dt>Asked</dt><dd>\(Self.age(of: request, at: now))</dd>
        </dl>
        """
    }

    private static func passwordForm(_ code: String) -> HTMLText {
        """
        <form method="post" action="\(DeviceRoutes.pagePath)">
        <input type="hidden" name="user_code" value="\(code)">
        <label for="username">Username</label>
        <input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required>
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required>
        <button>Sign in and let the device in</button>
        </form>
        """
    }

    /// The code holds nothing that has to be escaped in an address.
    private static func links(to providers: IdentityProviders, _ code: String) -> HTMLText {
        providers.all.reduce("") { text, provider in
            let address = "\(SignInCookie.path)/\(provider.name)/login?device_user_code=\(code)"
            return "\(text)<p><a class=\"button\" href=\"\(address)\">Sign in with \(provider.displayName)</a></p>\n"
        }
    }

    private static func refusalForm(_ code: String) -> HTMLText {
        """
        <form method="post" action="\(DeviceRoutes.pagePath)/deny">
        <input type="hidden" name="user_code" value="\(code)">
        <button>Send it away</button>
        </form>
        """
    }

    static func approved(_ request: DeviceRequest) -> Reply {
        SignInPage.reply(
            .ok,
            "The device is let in",
            """
            <p>\(request.clientHint ?? "The device") goes on within some seconds. You can close this page.</p>
            """
        )
    }

    static var denied: Reply {
        SignInPage.reply(.ok, "The device is sent away", "<p>It can do nothing in your name.</p>")
    }

    static var notFound: Reply {
        SignInPage.reply(
            .notFound,
            "No device waits with this code",
            """
            <p>The code may be mistyped, too old, or used already. <a href="\(DeviceRoutes.pagePath)">Try another code</a>, or let \
            the device begin anew.</p>
            """
        )
    }

    /// To a form that another page has sent.
    static var foreign: Reply {
        SignInPage.reply(
            .forbidden,
            "This came from another page",
            "<p>Nothing was done. <a href=\"\(DeviceRoutes.pagePath)\">Type in the code here</a> instead.</p>"
        )
    }

    /// To an address that has asked for these pages too often.
    static func tooManyRequests(_ seconds: Int64) -> Reply {
        let text: HTMLText = "<p>Wait, and then load it again: in \(counted(seconds, "second")).</p>"
        return Self.limited("This page was asked for too often", text, seconds)
    }

    private static func limited(_ title: String, _ content: HTMLText, _ seconds: Int64) -> Reply {
        var reply = SignInPage.reply(.tooManyRequests, title, content)
        reply.headers.add(name: "retry-after", value: String(seconds))
        return reply
    }

    static var unavailable: Reply {
        SignInPage.reply(.serviceUnavailable, "No device can be let in here", "<p>This relay is not set up for it.</p>")
    }

    private static func told(_ problem: Problem?) -> HTMLText {
        guard let problem else { return "" }
        return "<p class=\"problem\" role=\"alert\">\(problem.text)</p>"
    }

    private static func age(of request: DeviceRequest, at now: Timestamp) -> String {
        let seconds = max(0, now.microseconds - request.requestedAt.microseconds) / 1_000_000
        let age = seconds < 120 ? counted(seconds, "second") : counted(seconds / 60, "minute")
        return "\(age) ago (\(request.requestedAt.description.prefix(19).replacing("T", with: " ")) UTC)"
    }
}

/// `1 second`, `2 seconds`.
private func counted(_ count: Int64, _ unit: String) -> String { "\(count) \(unit)\(count == 1 ? "" : "s")" }
