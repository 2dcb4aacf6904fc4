import Foundation

/// The most memory this process held since `forgetPeakMemory()`, in MB; NaN where the system does not tell.
func peakMegabytes() -> Double {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
    let fields = line.split { !$0.isNumber }
    return fields.first.flatMap { Double($0) }.map { $0 / 1024 } ?? .nan
  }
  return .nan
}

/// The peak of memory counts from here on, where the system can do that; else since the start.
func forgetPeakMemory() {
  guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
  file.write(Data("5".utf8))
  try? file.close()
}
