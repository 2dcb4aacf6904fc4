public import Images

/// Why a run ended without a result.
public enum RunError: ReportedError {
  /// More pictures than the recipe allows cannot be read.
  case tooManyUnreadable([ImageError], of: Int, limit: Double)
  /// Not one picture of a set can be read.
  case noneReadable([ImageError], set: String)
  /// Stopped before the first batch.
  case cancelled
  /// A tensor that had to stay as it was has moved: a mistake of this program.
  case frozenTensorsMoved([String])
  /// A checkpoint belongs to a run that was started with something else.
  case otherRun(path: String, differences: [String])
  /// The results cannot be written.
  case cannotWrite(path: String, reason: String)

  public var category: ErrorCategory {
    switch self {
    case .tooManyUnreadable, .noneReadable, .otherRun: .badData
    case .cancelled: .stopped
    case .frozenTensorsMoved: .software
    case .cannotWrite: .cannotCreate
    }
  }

  public var description: String {
    switch self {
    case .tooManyUnreadable(let errors, let count, let limit):
      let percent = (Double(errors.count) / Double(max(1, count)) * 1000).rounded() / 10
      let allowed = (limit * 1000).rounded() / 10
      return """
        \(errors.count) of \(count) pictures cannot be read (\(percent) %; the recipe allows \(allowed) %):
        \(errors.map { "  \($0)" }.joined(separator: "\n"))
        Mend or remove them, or raise "data": {"unreadable_limit": …}.
        """
    case .noneReadable(let errors, let set):
      return """
        not one of the pictures for \(set) can be read:
        \(errors.map { "  \($0)" }.joined(separator: "\n"))
        Mend or replace them.
        """
    case .cancelled: return "stopped before training began; nothing was written"
    case .frozenTensorsMoved(let paths):
      return "frozen tensors changed, which must never happen: \(paths.joined(separator: ", ")). Please report this."
    case .otherRun(let path, let differences):
      return """
        \(path): this checkpoint belongs to another run; what differs: \(differences.joined(separator: ", ")).
        Undo the change to go on with that run, choose another folder with --output, or start afresh without --resume.
        """
    case .cannotWrite(let path, let reason): return "\(path): cannot be written: \(reason)"
    }
  }
}
