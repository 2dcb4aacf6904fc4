import Foundation
import Synchronization

/// One line at the bottom of the terminal that is drawn over and over, and plain lines where nobody is looking.
final class ProgressLine: Sendable {
  private struct State {
    var isDrawn = false
    var lastDraw = 0.0
  }

  private let terminal: Terminal
  private let isQuiet: Bool
  private let isInteractive: Bool
  private let state = Mutex(State())

  init(on terminal: Terminal = .standardError, isQuiet: Bool) {
    self.terminal = terminal
    self.isQuiet = isQuiet
    isInteractive = terminal.isInteractive
  }

  /// Draws how far something is: a bar, and what is said beside it. At most twenty times a second.
  func show(_ title: String, fraction: Double, _ details: String) {
    guard isInteractive, !isQuiet else { return }
    state.withLock { state in
      let now = ProcessInfo.processInfo.systemUptime
      guard now - state.lastDraw > 0.05 || fraction >= 1 else { return }
      state.lastDraw = now
      let width = terminal.width - 1
      let text = String(details.prefix(max(0, width - title.count - 4)))
      let room = width - title.count - text.count - 4
      let bar = room >= 8 ? ProgressLine.bar(fraction, width: min(room, 32)) + " " : ""
      let line = "\(title) \(bar)\(text)"
      terminal.write("\r\u{1B}[K" + line.prefix(width))
      state.isDrawn = true
    }
  }

  /// Prints a line that stays.
  func say(_ line: String) {
    guard !isQuiet else { return }
    state.withLock { state in
      terminal.write((state.isDrawn ? "\r\u{1B}[K" : "") + terminal.fitted(line) + "\n")
      state.isDrawn = false
    }
  }

  /// Takes the drawn line away.
  func clear() {
    state.withLock { state in
      if state.isDrawn { terminal.write("\r\u{1B}[K") }
      state.isDrawn = false
    }
  }

  private static func bar(_ fraction: Double, width: Int) -> String {
    let full = Int((min(1, max(0, fraction)) * Double(width)).rounded())
    return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
  }
}
