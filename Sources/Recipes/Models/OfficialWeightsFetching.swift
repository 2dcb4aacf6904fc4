internal import Downloads
internal import Foundation
internal import Synchronization

/// Whether and how the weights that Keras publishes are fetched when they are nowhere on this machine.
public struct OfficialWeightsFetching: Sendable {
  /// Whether the network must not be used: `FINETUNE_OFFLINE=1`, or `--offline` of the tool.
  public var isOffline: Bool
  /// The server that stands in for Google's: `FINETUNE_WEIGHTS_MIRROR`.
  public var mirror: String?
  /// Keras' own cache, which both programs share: `$KERAS_HOME/models`, else `~/.keras/models`.
  public var cache: String
  /// Is told a few times a second how many bytes of which file have come, and of how many.
  public var progress: @Sendable (_ fileName: String, _ received: Int, _ total: Int?) -> Void = { _, _, _ in }

  /// As the environment of this process says.
  public init() { self.init(environment: ProcessInfo.processInfo.environment) }

  public init(environment: [String: String]) {
    isOffline = environment["FINETUNE_OFFLINE"].map { !["", "0"].contains($0) } ?? false
    mirror = environment["FINETUNE_WEIGHTS_MIRROR"].flatMap { $0.isEmpty ? nil : $0 }
    let home = environment["KERAS_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "~/.keras"
    cache = NSString(string: home).expandingTildeInPath + "/models"
  }

  /// What is done where nothing else is said. Like where files are read, it is a matter of the process.
  public static var standard: OfficialWeightsFetching {
    get { shared.withLock { $0.standard() } }
    set { shared.withLock { $0.value = newValue } }
  }

  /// Makes a change to what is standard: when it is first asked for, or now if it has been. Most runs never ask, and to find the
  /// folder of the user takes longer than to parse a command.
  public static func prepare(_ change: @escaping @Sendable (inout OfficialWeightsFetching) -> Void) {
    shared.withLock { $0.prepare(change) }
  }

  private struct Shared {
    var value: OfficialWeightsFetching?
    // No closure that does nothing: Swift 6.3 makes it a null pointer where the whole is a constant, and calls that.
    private var change: (@Sendable (inout OfficialWeightsFetching) -> Void)?

    mutating func standard() -> OfficialWeightsFetching {
      if let value { return value }
      var made = OfficialWeightsFetching()
      change?(&made)
      value = made
      return made
    }

    mutating func prepare(_ change: @escaping @Sendable (inout OfficialWeightsFetching) -> Void) {
      self.change = change
      guard var made = value else { return }
      change(&made)
      value = made
    }
  }

  private static let shared = Mutex(Shared())
}
