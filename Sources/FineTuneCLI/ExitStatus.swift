import ArgumentParser
import FineTune

/// The exit codes of `sysexits.h` and, of shells, the one after Ctrl-C; and which error ends with which.
enum ExitStatus: Int32 {
  /// Input that is not as it should be.
  case badData = 65
  /// A file that is not there or cannot be opened.
  case noInput = 66
  /// A mistake of this program.
  case software = 70
  /// A result that cannot be created.
  case cannotCreate = 73
  /// Stopped by Ctrl-C.
  case stopped = 130

  var code: ExitCode { ExitCode(rawValue) }

  /// Nil for errors that are not this program's, such as those of the argument parser.
  init?(for error: any Error) {
    switch error {
    case let error as any ReportedError: self = Self(error.category)
    case is CleanExit, is ValidationError, is ExitCode: return nil
    default: return nil
    }
  }

  private init(_ category: ErrorCategory) {
    switch category {
    case .badData: self = .badData
    case .noInput: self = .noInput
    case .cannotCreate: self = .cannotCreate
    case .stopped: self = .stopped
    case .software: self = .software
    }
  }
}
