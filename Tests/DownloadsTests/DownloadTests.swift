import Downloads
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("A file is fetched whole or not at all")
struct DownloadTests {
  static let content: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
  static let tag = ["ETag": "\"one\"", "Accept-Ranges": "bytes"]

  /// A download that does not wait between attempts; the MD5 is another program's.
  private func download(_ server: SmallServer, _ path: String = "/file.h5") throws -> Download {
    var download = Download(
      from: server.address + path, to: TemporaryFolder.path("models") + "/deep/file.h5",
      checksum: Checksum(hexadecimal: Self.digest))
    download.patience = 10
    download.pause = 0.01
    download.attempts = 3
    return download
  }

  private static let digest: String = {
    let path = TemporaryFolder.path("content")
    try? Data(content).write(to: URL(fileURLWithPath: path))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/md5sum")
    process.arguments = [path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try? process.run()
    let output = (try? pipe.fileHandleForReading.readToEnd()).flatMap { $0 } ?? Data()
    return String(decoding: output.prefix(32), as: UTF8.self)
  }()

  private func expectWhole(_ download: Download, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let found = try Data(contentsOf: URL(fileURLWithPath: download.destination))
    #expect([UInt8](found) == Self.content, sourceLocation: sourceLocation)
    #expect(leftovers(download) == ["file.h5"], sourceLocation: sourceLocation)
  }

  private func leftovers(_ download: Download) -> [String] {
    let folder = URL(fileURLWithPath: download.destination).deletingLastPathComponent().path
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  private func error(_ download: Download) -> DownloadError? {
    do throws(DownloadError) {
      try download()
      return nil
    } catch {
      return error
    }
  }

  @Test("From a server that does what it should; a file that is there is not fetched again")
  func plain() throws {
    let count = Atomic(0)
    let server = try SmallServer { exchange, _ in
      count.add(1, ordering: .relaxed)
      exchange.answer(fields: Self.tag, Self.content)
    }
    let download = try download(server)
    var last: Download.Progress?
    try download { last = $0 }
    try expectWhole(download)
    #expect(last?.received == 300_000 && last?.total == 300_000)
    try download()
    #expect(count.load(ordering: .relaxed) == 1)
  }

  @Test("From one that breaks off: it goes on where it ended")
  func breaksOff() throws {
    let starts = Mutex<[Int]>([])
    let server = try SmallServer { exchange, _ in
      let start = exchange.rangeStart
      starts.withLock { $0.append(start) }
      let rest = Array(Self.content[start...])
      var fields = Self.tag
      fields["Content-Length"] = "\(rest.count)"
      if start > 0 { fields["Content-Range"] = "bytes \(start)-299999/300000" }
      #expect(start == 0 || exchange.field("If-Range") == "\"one\"")
      exchange.send(exchange.head(start > 0 ? "206 Partial Content" : "200 OK", fields))
      exchange.send(Array(rest.prefix(110_000)))
    }
    let download = try download(server)
    try download()
    try expectWhole(download)
    #expect(starts.withLock { $0 } == [0, 110_000, 220_000])
  }

  @Test("From one that breaks off and then has another file: it begins anew")
  func changes() throws {
    let server = try SmallServer { exchange, index in
      guard index == 0 else { return exchange.answer(fields: ["ETag": "\"two\""], Self.content) }
      exchange.send(exchange.head("200 OK", ["ETag": "\"one\"", "Content-Length": "300000"]))
      exchange.send([UInt8](repeating: 1, count: 1000))
    }
    let download = try download(server)
    try download()
    try expectWhole(download)
  }

  @Test("From one that gives another part than asked for: it begins anew")
  func wrongPart() throws {
    let server = try SmallServer { exchange, index in
      switch index {
      case 0:
        exchange.send(exchange.head("200 OK", ["ETag": "\"one\"", "Content-Length": "300000"]))
        exchange.send(Array(Self.content.prefix(5000)))
      case 1:
        exchange.answer(
          status: "206 Partial Content", fields: ["Content-Range": "bytes 4000-299999/300000"],
          Array(Self.content[4000...]))
      default:
        #expect(exchange.field("Range") == nil)
        exchange.answer(fields: Self.tag, Self.content)
      }
    }
    let download = try download(server)
    try download()
    try expectWhole(download)
  }

  @Test("In a later call it goes on with what an earlier one kept")
  func laterCall() throws {
    let isWilling = Atomic(false)
    let server = try SmallServer { exchange, index in
      let start = exchange.rangeStart
      if isWilling.load(ordering: .relaxed) {
        #expect(start == 20_000)
        let fields = ["Content-Range": "bytes \(start)-299999/300000"].merging(Self.tag) { $1 }
        exchange.answer(status: "206 Partial Content", fields: fields, Array(Self.content[start...]))
      } else if index == 0 {
        exchange.send(exchange.head("200 OK", Self.tag.merging(["Content-Length": "300000"]) { $1 }))
        exchange.send(Array(Self.content.prefix(20_000)))
      } else {
        exchange.answer(status: "503 Service Unavailable", [])
      }
    }
    let download = try download(server)
    let found = error(download)
    #expect(found?.kind == .interrupted)
    #expect(found?.description.contains("503") == true)
    #expect(found?.description.contains("20000 bytes are kept") == true)
    #expect(!leftovers(download).contains("file.h5"))
    isWilling.store(true, ordering: .relaxed)
    try download()
    try expectWhole(download)
  }

  @Test("From one that falls silent: it is given up after a while")
  func stalls() throws {
    let server = try SmallServer { exchange, _ in
      exchange.send(exchange.head("200 OK", ["Content-Length": "300000"]))
      exchange.send(Array(Self.content.prefix(100)))
      Thread.sleep(forTimeInterval: 20)
    }
    var download = try download(server)
    download.attempts = 1
    download.patience = 0.5
    let start = ContinuousClock.now
    // The bytes that came count as progress once; without a mark of the file nothing can be continued.
    let found = error(download)
    #expect(found?.kind == .interrupted)
    #expect(found?.description.contains("nothing for 1 s") == true, "\(found?.description ?? "")")
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("From one that lies about the length")
  func lies() throws {
    let server = try SmallServer { exchange, _ in
      // Fewer than there are: what follows is never read, and the checksum finds out.
      exchange.answer(fields: ["Content-Length": "299000"], Self.content)
    }
    let shorter = try download(server)
    #expect(error(shorter)?.kind == .wrongContent)
    #expect(leftovers(shorter) == [])
    let more = try SmallServer { exchange, _ in exchange.answer(fields: ["Content-Length": "300001"], Self.content) }
    let longer = try download(more)
    #expect(error(longer)?.kind == .interrupted)
    #expect(!leftovers(longer).contains("file.h5"))
  }

  @Test("From one that redirects, with the part that is asked for; and from one that redirects for ever")
  func redirects() throws {
    let server = try SmallServer { exchange, index in
      if exchange.request.hasPrefix("GET /circle") {
        exchange.answer(status: "302 Found", fields: ["Location": "/circle"], [])
      } else if exchange.request.hasPrefix("GET /file") {
        exchange.answer(status: "302 Found", fields: ["Location": "/elsewhere"], [])
      } else if exchange.rangeStart == 0 {
        exchange.send(exchange.head("200 OK", Self.tag.merging(["Content-Length": "300000"]) { $1 }))
        exchange.send(Array(Self.content.prefix(1234)))
      } else {
        #expect(exchange.rangeStart == 1234 && exchange.field("If-Range") == "\"one\"")
        exchange.answer(
          status: "206 Partial Content", fields: ["Content-Range": "bytes 1234-299999/300000"],
          Array(Self.content[1234...]))
      }
    }
    let download = try download(server)
    try download()
    try expectWhole(download)
    let circle = try self.download(server, "/circle")
    #expect(error(circle) != nil)
    #expect(!leftovers(circle).contains("file.h5"))
  }

  @Test("A wrong file, a web page, a refusal: nothing is left of them")
  func wrong() throws {
    let server = try SmallServer { exchange, _ in
      if exchange.request.hasPrefix("GET /file") {
        exchange.answer(fields: Self.tag, [UInt8](repeating: 7, count: 300_000))
      } else if exchange.request.hasPrefix("GET /page") {
        exchange.answer(Array("<html>log in</html>".utf8))
      } else {
        exchange.answer(status: "404 Not Found", Array("no".utf8))
      }
    }
    let other = try download(server)
    let found = error(other)
    #expect(found?.kind == .wrongContent)
    #expect(found?.description.contains("not md5 \(Self.digest)") == true, "\(found?.description ?? "")")
    #expect(leftovers(other) == [])
    var page = try download(server, "/page")
    page.signature = [0x89, 0x48]
    #expect(error(page)?.description.contains("another kind of file") == true)
    let missing = try download(server, "/missing")
    #expect(error(missing)?.kind == .refused)
    #expect(error(missing)?.description.contains("404") == true)
    #expect(leftovers(missing) == [])
  }

  @Test("From nobody, to a place that cannot be, from what is no address")
  func nowhere() throws {
    let server = try SmallServer { exchange, _ in exchange.answer(Self.content) }
    var download = try download(server)
    download.address = "http://127.0.0.1:1/file.h5"
    #expect(error(download)?.kind == .interrupted)
    download.address = "file:///etc/passwd"
    #expect(error(download)?.kind == .refused)
    var unwritable = try self.download(server)
    unwritable.destination = "/proc/nothing/file.h5"
    #expect(error(unwritable)?.kind == .cannotWrite)
  }

  @Test("Two at once do not write into one another's file")
  func together() async throws {
    let server = try SmallServer { exchange, _ in
      exchange.send(exchange.head("200 OK", Self.tag.merging(["Content-Length": "300000"]) { $1 }))
      exchange.send(Array(Self.content.prefix(1000)))
      Thread.sleep(forTimeInterval: 0.3)
      exchange.send(Array(Self.content[1000...]))
    }
    let download = try download(server)
    async let first = Task.detached { error(download) }.value
    async let second = Task.detached { error(download) }.value
    let kinds = await [first?.kind, second?.kind]
    #expect(kinds.contains(nil) && (kinds == [nil, nil] || kinds.contains(.busy)))
    try expectWhole(download)
  }

  @Test("Checksums are those of other programs")
  func checksums() throws {
    let path = TemporaryFolder.path("abc")
    try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
    // RFC 1321, A.5; FIPS 180-2, B.1.
    let md5 = try #require(Checksum(hexadecimal: "900150983CD24FB0D6963F7D28E17F72"))
    #expect(try md5.found(at: path) == md5)
    let sha = try #require(
      Checksum(hexadecimal: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(try sha.found(at: path) == sha)
    #expect(Checksum(hexadecimal: "xyz") == nil)
  }
}
