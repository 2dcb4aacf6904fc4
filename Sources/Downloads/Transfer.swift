internal import Dispatch
internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// One attempt to fetch what is missing of a file.
final class Transfer: NSObject, URLSessionDataDelegate {
  enum Outcome: Hashable, Sendable {
    case complete
    case interrupted(String)
    /// The server does not give the file out: `404 not found`.
    case refused(String)
    /// What is there cannot be continued.
    case unusablePart
    case unwritable(String)
  }

  private struct State: Sendable {
    /// Nil when the attempt is over: the session lets go of its delegate late, and the file must not stay locked so long.
    var partial: PartialFile?
    var total: Int?
    var lastSign = ContinuousClock.now
    /// Set by the first thing that decides it.
    var outcome: Outcome?
  }

  private let request: URLRequest
  private let patience: Double
  private let state: Mutex<State>
  private let isDone = DispatchSemaphore(value: 0)

  init(_ url: URL, into partial: PartialFile, patience: Double) {
    var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData)
    // A part of something packed could not be continued.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if partial.byteCount > 0, let validator = partial.validator {
      request.setValue("bytes=\(partial.byteCount)-", forHTTPHeaderField: "Range")
      request.setValue(validator, forHTTPHeaderField: "If-Range")
    }
    // The watch below decides; this only ends what it has given up.
    request.timeoutInterval = 2 * patience + 10
    self.request = request
    self.patience = patience
    state = Mutex(State(partial: partial))
  }

  /// Gives how it ended, and what has come by then.
  func run(_ progress: (Download.Progress) -> Void) -> (outcome: Outcome, partial: PartialFile) {
    let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
    defer { session.invalidateAndCancel() }
    let task = session.dataTask(with: request)
    task.resume()
    while isDone.wait(timeout: .now() + 0.1) == .timedOut {
      let (now, isStalled) = state.withLock { state in
        (
          Download.Progress(received: state.partial?.byteCount ?? 0, total: state.total),
          ContinuousClock.now - state.lastSign > .seconds(patience)
        )
      }
      progress(now)
      if isStalled {
        decide(.interrupted("the server has sent nothing for \(Int(patience.rounded(.up))) s"))
        task.cancel()
        break
      }
    }
    return state.withLock { state in
      guard let partial = state.partial.take() else { preconditionFailure("an attempt runs once") }
      progress(Download.Progress(received: partial.byteCount, total: state.total))
      let outcome = state.outcome ?? .interrupted("the transfer ended without a word")
      state.outcome = outcome
      return (outcome, partial)
    }
  }

  private func decide(_ outcome: Outcome) {
    state.withLock { if $0.outcome == nil { $0.outcome = outcome } }
  }

  // MARK: What the session says, on its own threads

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    guard request.url?.scheme != "https" || newRequest.url?.scheme == "https" else {
      decide(.refused("with a redirection to an address that is not encrypted"))
      completionHandler(nil)
      return
    }
    var next = newRequest
    for field in ["Accept-Encoding", "Range", "If-Range"] {
      next.setValue(request.value(forHTTPHeaderField: field), forHTTPHeaderField: field)
    }
    completionHandler(next)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    let isWanted = state.withLock { state in
      state.lastSign = .now
      guard state.outcome == nil else { return false }
      guard let response = response as? HTTPURLResponse else {
        state.outcome = .interrupted("the server does not speak HTTP")
        return false
      }
      switch response.statusCode {
      case 200:
        state.partial?.begin(validator: Self.validator(response))
        state.total = response.expectedContentLength > 0 ? Int(response.expectedContentLength) : nil
      case 206:
        guard let range = ContentRange(response.value(forHTTPHeaderField: "Content-Range") ?? ""),
          range.first == state.partial?.byteCount
        else {
          state.outcome = .unusablePart
          return false
        }
        state.total = range.total
      case 416: state.outcome = .unusablePart
      case 408, 425, 429, 500...599:
        state.outcome = .interrupted("the server answers \(Self.words(response.statusCode))")
      default: state.outcome = .refused(Self.words(response.statusCode))
      }
      return state.outcome == nil
    }
    completionHandler(isWanted ? .allow : .cancel)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isWanted = state.withLock { state in
      guard state.outcome == nil else { return false }
      state.lastSign = .now
      if let reason = state.partial?.append(data) { state.outcome = .unwritable(reason) }
      return state.outcome == nil
    }
    if !isWanted { dataTask.cancel() }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    state.withLock { state in
      guard state.outcome == nil else { return }
      if let error {
        state.outcome = .interrupted("the transfer breaks off: \(error.localizedDescription)")
      } else if let total = state.total, let count = state.partial?.byteCount, count < total {
        state.outcome = .interrupted("the transfer breaks off after \(count) of \(total) bytes")
      } else {
        state.outcome = .complete
      }
    }
    isDone.signal()
  }

  private static func words(_ status: Int) -> String {
    "\(status) \(HTTPURLResponse.localizedString(forStatusCode: status))"
  }

  /// A weak entity tag does not promise equal bytes.
  private static func validator(_ response: HTTPURLResponse) -> String? {
    if let tag = response.value(forHTTPHeaderField: "ETag"), !tag.hasPrefix("W/") { return tag }
    return response.value(forHTTPHeaderField: "Last-Modified")
  }
}

/// `bytes 100-199/1000`
struct ContentRange: Hashable {
  var first: Int
  var total: Int?

  init?(_ text: String) {
    let parts = text.split(whereSeparator: { " -/".contains($0) })
    guard parts.count == 4, parts[0] == "bytes", let first = Int(parts[1]) else { return nil }
    self.first = first
    total = Int(parts[3])
  }
}
