import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A server on this machine that answers each request as a test says, byte by byte: right or wrong.
public final class SmallServer: Sendable {
  /// One connection: what was asked, and a way to answer.
  public struct Exchange: Sendable {
    /// The request line and the fields, as they came.
    public let request: String
    let socket: CInt

    /// The value of a field of the request.
    public func field(_ name: String) -> String? {
      request.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
        .map { $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) }
    }

    /// The first byte that is asked for, 0 if all are.
    public var rangeStart: Int {
      field("Range").flatMap { Int($0.dropFirst("bytes=".count).prefix { $0.isNumber }) } ?? 0
    }

    public func send(_ text: String) { send(Array(text.utf8)) }

    public func send(_ bytes: [UInt8]) {
      var rest = bytes[...]
      while !rest.isEmpty {
        // The bytes stay where they are during the call.
        let step = unsafe rest.withUnsafeBytes { buffer in
          unsafe Glibc.send(socket, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        }
        guard step > 0 else { return }
        rest = rest.dropFirst(step)
      }
    }

    /// A whole answer.
    public func answer(status: String = "200 OK", fields: [String: String] = [:], _ body: [UInt8]) {
      send(head(status, ["Content-Length": "\(body.count)"].merging(fields) { $1 }))
      send(body)
    }

    public func head(_ status: String, _ fields: [String: String]) -> String {
      "HTTP/1.1 \(status)\r\nConnection: close\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
    }
  }

  public let address: String
  private let socket: CInt

  /// Begins to serve; `answer` is told which request it is, from 0 on, and runs on a thread of its own. The connection is
  /// closed after it.
  public init(_ answer: @escaping @Sendable (Exchange, Int) -> Void) throws {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // An internet address is passed where any address is taken, with its own length.
    let port: UInt16? = unsafe withUnsafeMutablePointer(to: &place) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard unsafe bind(socket, address, length) == 0, listen(socket, 16) == 0,
          unsafe getsockname(socket, address, &length) == 0
        else { return nil }
        return unsafe pointer.pointee.sin_port.bigEndian
      }
    }
    guard let port else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    self.socket = socket
    address = "http://127.0.0.1:\(port)"
    Thread.detachNewThread {
      var index = 0
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        let number = index
        index += 1
        Thread.detachNewThread {
          answer(Exchange(request: Self.request(connection), socket: connection), number)
          shutdown(connection, Int32(SHUT_RDWR))
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  private static func request(_ connection: CInt) -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8), unsafe recv(connection, &byte, 1, 0) == 1 {
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
