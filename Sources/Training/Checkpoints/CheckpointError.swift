import Foundation

/// Why a checkpoint cannot be written, read or gone on from.
public struct CheckpointError: Error, Hashable, CustomStringConvertible {
  public let path: String
  public let message: String

  init(path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  public var description: String { "\(path): \(message)" }

  static func reason(_ error: any Error) -> String {
    if let error = error as? POSIXError { return unsafe String(cString: strerror(error.code.rawValue)) }
    let error = error as NSError
    if let inner = error.userInfo[NSUnderlyingErrorKey] as? NSError, inner.domain == NSPOSIXErrorDomain {
      return unsafe String(cString: strerror(Int32(inner.code)))
    }
    return error.localizedDescription
  }
}
