import Foundation
import JSON

/// Prepares contenders and times them when told to: the same protocol as `peers/serve.py`, one line of JSON in, one out.
///
///     benchmark-models FOLDER THREADS
///
/// FOLDER holds what `peers/make_models.py` wrote.
@main
struct BenchmarkModels {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 2, let folder = arguments.first, let threads = arguments.last.flatMap(Int.init),
      threads > 0
    else {
      FileHandle.standardError.write(Data("usage: benchmark-models FOLDER THREADS\n".utf8))
      exit(64)
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
}

/// A request that makes no sense.
struct RequestError: Error, CustomStringConvertible {
  var description: String
}
