import Foundation

/// Numbers as people read them.
enum Figure {
  /// A number with a fixed count of digits behind the point.
  static func fixed(_ value: some BinaryFloatingPoint, digits: Int) -> String {
    printed("%.\(digits)f", Double(value))
  }

  /// A number in C's notation. `String(format:)` does the same, but takes longer for the first one than the tool for a picture.
  private static func printed(_ format: String, _ value: Double) -> String {
    // No number has more than 309 digits in front of the point, and no format here asks for many behind it.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { text in
      // At most the bytes that there are, the last of them NUL.
      _ = unsafe withVaList([value]) { unsafe vsnprintf(text.baseAddress, text.count, format, $0) }
      return unsafe String(cString: text.baseAddress!)
    }
  }

  /// Four digits behind the point for what is near one, four significant digits otherwise.
  static func short(_ value: Double) -> String {
    if !value.isFinite { return "\(value)" }
    let magnitude = abs(value)
    return magnitude != 0 && (magnitude < 0.01 || magnitude >= 10_000)
      ? printed("%.3e", value) : printed("%.4f", value)
  }

  /// `850 ms`, `12.3 s`, `4 min 10 s`, `2 h 05 min`
  static func duration(_ seconds: Double) -> String {
    if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
    if seconds < 60 { return fixed(seconds, digits: 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(String(format: "%02d", whole % 3600 / 60)) min"
  }

  /// `12.3 MB`
  static func bytes(_ count: Double) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"]
    var value = count
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(Int(value)) bytes" : fixed(value, digits: 1) + " " + units[unit]
  }

  /// `0.31M`, `25.6M`, `4.1G`
  static func millions(_ value: Int) -> String {
    let millions = Double(value) / 1_000_000
    if millions >= 1000 { return fixed(millions / 1000, digits: 1) + "G" }
    return fixed(millions, digits: millions < 10 ? 2 : 1) + "M"
  }

  /// `1,234,567`
  static func grouped(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }
}
