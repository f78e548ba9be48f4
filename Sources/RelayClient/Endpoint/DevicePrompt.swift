/// What a person is asked for, so that this device is let in.
public struct DevicePrompt: Sendable, Hashable, CustomStringConvertible {
    /// The page to open in a browser, on any machine.
    public let page: String
    /// The same, with the code filled in; nil where the relay gives none.
    public let pageWithCode: String?
    /// What to type in there: `XXXX-XXXX`.
    public let userCode: String
    /// Seconds until the code has expired.
    public let expiresIn: Int

    /// Without the code, which lets others answer for this device.
    public var description: String { "DevicePrompt(\(self.page))" }
}
