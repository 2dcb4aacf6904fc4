import Dispatch
import Foundation
import Synchronization

/// Ctrl-C: the first one asks the run to stop, the second one ends the program.
///
/// Unchecked Sendable: the signal source is made once and never touched again.
final class Interrupt: @unchecked Sendable {
  private let isRaised = Atomic(false)
  private let source: any DispatchSourceSignal

  /// Begins to listen. `message` is said at the first signal.
  init(_ message: @escaping @Sendable () -> Void) {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { [weak self] in
      guard let self else { return }
      if isRaised.exchange(true, ordering: .relaxed) { exit(130) }
      message()
    }
    source.resume()
  }

  /// Whether somebody asked to stop.
  var isRequested: Bool { isRaised.load(ordering: .relaxed) }
}
