internal import Training

/// What a run writes down while it goes on. Paths are relative to its output folder.
public struct LogRecipe: Hashable, Sendable {
  /// A table with a line per epoch.
  public var csv: String?
  /// A JSON object per epoch, a line each.
  public var jsonl: String?
  /// A folder of event files for TensorBoard.
  public var tensorboard: String?

  /// The logs that are asked for.
  func opened(in output: String) -> [any EpochLog] {
    func place(_ path: String) -> String { path.hasPrefix("/") ? path : output + "/" + path }
    var logs: [any EpochLog] = []
    if let csv { logs.append(TextLog(.csv, to: place(csv))) }
    if let jsonl { logs.append(TextLog(.jsonl, to: place(jsonl))) }
    if let tensorboard { logs.append(TensorBoardLog(to: place(tensorboard))) }
    return logs
  }
}

/// Writes logs, and lets somebody else know of everything.
///
/// A log that cannot be written ends no run; it is told once and left alone from then on.
final class LoggingObserver: TrainingObserver {
  private let observer: any RunObserver
  private var logs: [any EpochLog]

  init(_ observer: any RunObserver, _ logs: [any EpochLog]) {
    self.observer = observer
    self.logs = logs
  }

  /// Begins all logs, with the epochs that an earlier part of the run finished.
  func begin(_ records: [EpochRecord]) { each { try $0.begin(records) } }

  func phaseBegan(_ phase: PhaseStart) { observer.phaseBegan(phase) }
  func batchEnded(_ progress: BatchProgress) { observer.batchEnded(progress) }

  func epochEnded(_ record: EpochRecord) {
    each { try $0.add(record) }
    observer.epochEnded(record)
  }

  private func each(_ body: (any EpochLog) throws -> Void) {
    logs = logs.filter { log in
      do {
        try body(log)
        return true
      } catch {
        observer.noted("the run goes on without a log: \(error)")
        return false
      }
    }
  }
}
