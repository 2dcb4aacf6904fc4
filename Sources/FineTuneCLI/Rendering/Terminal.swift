import Foundation

/// A stream that may be a terminal.
struct Terminal: Sendable {
  private let descriptor: Int32

  static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  static let standardError = Terminal(descriptor: STDERR_FILENO)

  /// Whether a person is looking.
  var isInteractive: Bool { isatty(descriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

  /// Its width in columns; where it has none, that in `COLUMNS`, else 80.
  var width: Int {
    var size = winsize()
    // The kernel fills in the structure that it is given and keeps no reference to it.
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 80
    }
    return Int(size.ws_col)
  }

  /// A line broken at spaces so that it fits; as it is where nobody is looking.
  func fitted(_ line: String) -> String {
    guard isInteractive, line.count >= width else { return line }
    let indent = String(line.prefix { $0 == " " })
    var rows: [String] = []
    var row = indent
    for word in line.split(separator: " ") {
      let isBlank = row.allSatisfy { $0 == " " }
      if !isBlank, row.count + 1 + word.count >= width {
        rows.append(row)
        row = indent + "  " + word
      } else {
        row += (isBlank ? "" : " ") + word
      }
    }
    return (rows + [row]).joined(separator: "\n")
  }

  /// Writes all of the text. A reader that has gone away (`finetune … | head`) ends the program quietly.
  func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        exit(errno == EPIPE ? 0 : 74)
      }
      bytes = bytes.dropFirst(written)
    }
  }
}
