import FineTune
import Foundation
import JSON

/// Prepares contenders and times them when told to: the same protocol as `peers/serve.py`, one line of JSON in, one out.
///
///     benchmark-models FOLDER THREADS
///     benchmark-models FOLDER THREADS profile MODEL BATCH PRECISION
///
/// FOLDER holds what `peers/make_models.py` wrote. The second form prints what every step of a compiled network takes.
@main
struct BenchmarkModels {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count >= 2, let threads = Int(arguments[1]), threads > 0 else { explain() }
    let folder = arguments[0]
    if arguments.count > 2 {
      guard arguments.count == 6, arguments[2] == "profile", let batch = Int(arguments[4]), batch > 0,
        let precision = Precision(rawValue: arguments[5])
      else { explain() }
      return try NetworkProfile(
        folder: folder, model: arguments[3], batch: batch, on: Device(threads: threads).computing(in: precision)
      ).show()
    }
    var server = Server(folder: folder, threads: threads)
    while let line = readLine() {
      var answer: JSONValue
      do {
        answer = try server.answer(try JSONValue(parsing: line))
      } catch {
        answer = ["ok": false, "error": .string("\(error)")]
      }
      print(answer.text)
      fflush(nil)
    }
  }

  private static func explain() -> Never {
    FileHandle.standardError.write(
      Data("usage: benchmark-models FOLDER THREADS [profile MODEL BATCH float32|bfloat16]\n".utf8))
    exit(64)
  }
}

/// A request that makes no sense.
struct RequestError: Error, CustomStringConvertible {
  var description: String
}
