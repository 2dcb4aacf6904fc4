internal import CLazyCurl
internal import Foundation

/// Fetches one file over HTTP or HTTPS, so that at its place there is never anything but the whole one.
///
/// What has come stands beside the place until it is complete. A transfer that breaks off is taken up where it ended, in the
/// same call or in a later one, if the server still has the same file and can send a part of it
/// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-range-requests), Range and If-Range); else it begins anew.
public struct Download: Sendable {
  public struct Progress: Hashable, Sendable {
    /// Bytes that have come, those of earlier attempts among them.
    public var received: Int
    /// How many there will be, if the server says.
    public var total: Int?
  }

  public var address: String
  /// Where the file shall be; folders on the way are created.
  public var destination: String
  public var checksum: Checksum?
  /// The bytes that the file must begin with.
  public var signature: [UInt8]
  /// The seconds without a byte after which a transfer counts as broken.
  public var patience = 30.0
  /// The seconds before the second attempt; twice as many before each later one.
  public var pause = 1.0
  /// How many attempts may bring nothing before it is given up.
  public var attempts = 4

  public init(from address: String, to destination: String, checksum: Checksum? = nil, signature: [UInt8] = []) {
    self.address = address
    self.destination = destination
    self.checksum = checksum
    self.signature = signature
  }

  /// Fetches the file, unless it is there. `progress` is told a few times a second.
  public func callAsFunction(_ progress: (Progress) -> Void = { _ in }) throws(DownloadError) {
    guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host != nil else {
      throw DownloadError(.refused, address, "is not an address of HTTP or HTTPS")
    }
    var partial = try PartialFile(beside: destination, address: address)
    if FileManager.default.fileExists(atPath: destination) { return partial.discard() }
    // A text that libcurl's loading has left for good, if it failed.
    if let problem = unsafe ft_curl_problem() {
      if partial.byteCount == 0 { partial.discard() }
      throw DownloadError(.unavailable, address, unsafe String(cString: problem))
    }
    do throws(DownloadError) { try fetch(url, into: &partial, progress) } catch {
      if partial.byteCount == 0 { partial.discard() }
      throw error
    }
    try check(partial)
    try partial.move(to: destination)
  }

  private func fetch(_ url: URL, into partial: inout PartialFile, _ progress: (Progress) -> Void) throws(DownloadError)
  {
    var fruitless = 0
    var pause = pause
    while true {
      let before = partial.byteCount
      let outcome: Transfer.Outcome
      (outcome, partial) = Transfer(url, into: partial, patience: patience).run(progress)
      switch outcome {
      case .complete: return
      case .refused(let status):
        throw DownloadError(.refused, address, "the server answers \(status)")
      case .unwritable(let reason):
        throw DownloadError(.cannotWrite, address, "\(partial.path) cannot be written: \(reason)")
      case .unusablePart:
        // The part is of another file, or the server gives another part than asked for.
        partial.empty()
        fruitless += 1
        if fruitless >= attempts { throw DownloadError(.interrupted, address, "the server sends the wrong part") }
      case .interrupted(let reason):
        fruitless = partial.byteCount > before ? 0 : fruitless + 1
        guard fruitless < attempts else {
          let kept = partial.byteCount > 0 ? "; \(partial.byteCount) bytes are kept for the next attempt" : ""
          throw DownloadError(.interrupted, address, "\(reason)\(kept)")
        }
        Thread.sleep(forTimeInterval: pause)
        pause = min(2 * pause, 30)
      }
    }
  }

  private func check(_ partial: borrowing PartialFile) throws(DownloadError) {
    let problem: String?
    do {
      let start = try FileHandle(forReadingFrom: URL(fileURLWithPath: partial.path)).read(upToCount: signature.count)
      if !signature.isEmpty, start.map({ [UInt8]($0) }) != signature {
        problem = "what the server sends is another kind of file"
      } else if let checksum, case let found = try checksum.found(at: partial.path), found != checksum {
        problem = "what the server sends is not the published file: it has \(found), not \(checksum)"
      } else {
        problem = nil
      }
    } catch {
      throw DownloadError(.cannotWrite, address, "\(partial.path) cannot be read: \(error.localizedDescription)")
    }
    guard let problem else { return }
    partial.discard()
    throw DownloadError(.wrongContent, address, problem)
  }
}
