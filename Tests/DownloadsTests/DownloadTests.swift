import Downloads
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("A file is fetched whole or not at all")
struct DownloadTests {
  @Test("From a server that does what it should; a file that is there is not fetched again")
  func plain() throws {
    let count = Atomic(0)
    let server = try SmallServer { exchange, _ in
      count.add(1, ordering: .relaxed)
      exchange.answer(fields: ServedFile.tag, ServedFile.content)
    }
    let download = try ServedFile.download(server)
    var last: Download.Progress?
    try download { last = $0 }
    try download.expectWhole()
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
      let rest = Array(ServedFile.content[start...])
      var fields = ServedFile.tag
      fields["Content-Length"] = "\(rest.count)"
      if start > 0 { fields["Content-Range"] = "bytes \(start)-299999/300000" }
      #expect(start == 0 || exchange.field("If-Range") == "\"one\"")
      exchange.send(exchange.head(start > 0 ? "206 Partial Content" : "200 OK", fields))
      exchange.send(Array(rest.prefix(110_000)))
    }
    let download = try ServedFile.download(server)
    try download()
    try download.expectWhole()
    #expect(starts.withLock { $0 } == [0, 110_000, 220_000])
  }

  @Test("From one that breaks off and then has another file: it begins anew")
  func changes() throws {
    let server = try SmallServer { exchange, index in
      guard index == 0 else { return exchange.answer(fields: ["ETag": "\"two\""], ServedFile.content) }
      exchange.send(exchange.head("200 OK", ["ETag": "\"one\"", "Content-Length": "300000"]))
      exchange.send([UInt8](repeating: 1, count: 1000))
    }
    let download = try ServedFile.download(server)
    try download()
    try download.expectWhole()
  }

  @Test("From one that gives another part than asked for: it begins anew")
  func wrongPart() throws {
    let server = try SmallServer { exchange, index in
      switch index {
      case 0:
        exchange.send(exchange.head("200 OK", ["ETag": "\"one\"", "Content-Length": "300000"]))
        exchange.send(Array(ServedFile.content.prefix(5000)))
      case 1:
        exchange.answer(
          status: "206 Partial Content", fields: ["Content-Range": "bytes 4000-299999/300000"],
          Array(ServedFile.content[4000...]))
      default:
        #expect(exchange.field("Range") == nil)
        exchange.answer(fields: ServedFile.tag, ServedFile.content)
      }
    }
    let download = try ServedFile.download(server)
    try download()
    try download.expectWhole()
  }

  @Test("In a later call it goes on with what an earlier one kept")
  func laterCall() throws {
    let isWilling = Atomic(false)
    let server = try SmallServer { exchange, index in
      let start = exchange.rangeStart
      if isWilling.load(ordering: .relaxed) {
        #expect(start == 20_000)
        let fields = ["Content-Range": "bytes \(start)-299999/300000"].merging(ServedFile.tag) { $1 }
        exchange.answer(status: "206 Partial Content", fields: fields, Array(ServedFile.content[start...]))
      } else if index == 0 {
        exchange.send(exchange.head("200 OK", ServedFile.tag.merging(["Content-Length": "300000"]) { $1 }))
        exchange.send(Array(ServedFile.content.prefix(20_000)))
      } else {
        exchange.answer(status: "503 Service Unavailable", [])
      }
    }
    let download = try ServedFile.download(server)
    let found = download.error
    #expect(found?.kind == .interrupted)
    #expect(found?.description.contains("503") == true)
    #expect(found?.description.contains("20000 bytes are kept") == true)
    #expect(!download.leftovers.contains("file.h5"))
    isWilling.store(true, ordering: .relaxed)
    try download()
    try download.expectWhole()
  }

  @Test("From one that falls silent: it is given up after a while")
  func stalls() throws {
    let server = try SmallServer { exchange, _ in
      exchange.send(exchange.head("200 OK", ["Content-Length": "300000"]))
      exchange.send(Array(ServedFile.content.prefix(100)))
      Thread.sleep(forTimeInterval: 20)
    }
    var download = try ServedFile.download(server)
    download.attempts = 1
    download.patience = 0.5
    let start = ContinuousClock.now
    // The bytes that came count as progress once; without a mark of the file nothing can be continued.
    let found = download.error
    #expect(found?.kind == .interrupted)
    #expect(found?.description.contains("nothing for 1 s") == true, "\(found?.description ?? "")")
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("From one that redirects, with the part that is asked for; and from one that redirects for ever")
  func redirects() throws {
    let server = try SmallServer { exchange, index in
      if exchange.request.hasPrefix("GET /circle") {
        exchange.answer(status: "302 Found", fields: ["Location": "/circle"], [])
      } else if exchange.request.hasPrefix("GET /file") {
        exchange.answer(status: "302 Found", fields: ["Location": "/elsewhere"], [])
      } else if exchange.rangeStart == 0 {
        exchange.send(exchange.head("200 OK", ServedFile.tag.merging(["Content-Length": "300000"]) { $1 }))
        exchange.send(Array(ServedFile.content.prefix(1234)))
      } else {
        #expect(exchange.rangeStart == 1234 && exchange.field("If-Range") == "\"one\"")
        exchange.answer(
          status: "206 Partial Content", fields: ["Content-Range": "bytes 1234-299999/300000"],
          Array(ServedFile.content[1234...]))
      }
    }
    let download = try ServedFile.download(server)
    try download()
    try download.expectWhole()
    let circle = try ServedFile.download(server, "/circle")
    #expect(circle.error != nil)
    #expect(!circle.leftovers.contains("file.h5"))
  }

  @Test("Two at once do not write into one another's file")
  func together() async throws {
    let server = try SmallServer { exchange, _ in
      exchange.send(exchange.head("200 OK", ServedFile.tag.merging(["Content-Length": "300000"]) { $1 }))
      exchange.send(Array(ServedFile.content.prefix(1000)))
      Thread.sleep(forTimeInterval: 0.3)
      exchange.send(Array(ServedFile.content[1000...]))
    }
    let download = try ServedFile.download(server)
    async let first = Task.detached { download.error }.value
    async let second = Task.detached { download.error }.value
    let kinds = await [first?.kind, second?.kind]
    #expect(kinds.contains(nil) && (kinds == [nil, nil] || kinds.contains(.busy)))
    try download.expectWhole()
  }
}
