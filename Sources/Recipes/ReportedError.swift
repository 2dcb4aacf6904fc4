public import HDF5
public import Images
public import KerasFormat
public import Layers
public import Training

/// What kind of thing went wrong, for whoever has to decide what to do: a script by the exit code of the tool.
public enum ErrorCategory: Sendable {
  /// Input that is not as it should be.
  case badData
  /// A file that is not there or cannot be opened.
  case noInput
  /// A result that cannot be created.
  case cannotCreate
  /// Nothing: somebody asked to stop.
  case stopped
  /// A mistake of this program.
  case software
}

/// An error whose description says what, where, expected, found and what to do.
public protocol ReportedError: Error, CustomStringConvertible {
  var category: ErrorCategory { get }
}

extension ModelError: ReportedError {
  public var category: ErrorCategory { .badData }
}

extension SelectionError: ReportedError {
  public var category: ErrorCategory { .badData }
}

extension ConfigError: ReportedError {
  public var category: ErrorCategory { .badData }
}

extension TrainingError: ReportedError {
  public var category: ErrorCategory { .badData }
}

extension CheckpointError: ReportedError {
  public var category: ErrorCategory { .badData }
}

extension DatasetError: ReportedError {
  public var category: ErrorCategory { FileKind(at: path) == .nothing ? .noInput : .badData }
}

extension ImageError: ReportedError {
  public var category: ErrorCategory {
    switch kind {
    case .unreadable: .noInput
    case .unwritable: .cannotCreate
    case .unrecognized, .unsupported, .corrupt, .truncated, .tooLarge: .badData
    }
  }
}

extension HDF5Error: ReportedError {
  public var category: ErrorCategory {
    switch kind {
    case .missingFile, .unreadableFile: .noInput
    case .cannotWrite: .cannotCreate
    case .notHDF5, .damaged, .missingObject, .wrongType, .refused, .tooLarge: .badData
    }
  }
}

extension KerasError: ReportedError {
  public var category: ErrorCategory {
    switch kind {
    case .missingFile, .unreadableFile: .noInput
    case .cannotWrite: .cannotCreate
    case .notAModel, .unsupported, .damaged, .mismatch: .badData
    }
  }
}

extension RecipeError: ReportedError {
  public var category: ErrorCategory {
    switch kind {
    case .data: .badData
    case .noInput: .noInput
    case .cannotCreate: .cannotCreate
    }
  }
}
