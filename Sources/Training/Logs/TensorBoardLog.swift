import Foundation

/// Event files that [TensorBoard](https://www.tensorflow.org/tensorboard) shows, as Keras' callback of that name lays them
/// out: `train/` and `validation/`, in each `epoch_loss`, `epoch_accuracy`, … over the epochs of the run, and
/// `epoch_learning_rate`.
///
/// Epochs count from 0 through all phases. A run that goes on after a kill begins new files beside the old ones; TensorBoard
/// puts them together by their steps.
public final class TensorBoardLog: EpochLog {
  public let folder: String
  private var count = 0
  private var writers: [String: EventFile] = [:]

  public init(to folder: String) { self.folder = folder }

  public func begin(_ records: [EpochRecord]) { count = records.count }

  public func add(_ record: EpochRecord) throws {
    let step = Int64(count)
    count += 1
    try write(record.training, to: "train", step, more: [("epoch_learning_rate", record.learningRate)])
    if let validation = record.validation { try write(validation, to: "validation", step, more: []) }
  }

  private func write(
    _ result: EvaluationResult, to part: String, _ step: Int64, more: [(String, Double)]
  ) throws {
    let values = [("epoch_loss", result.loss)] + result.metrics.map { ("epoch_" + $0.name, $0.value) } + more
    let writer = try writers[part] ?? EventFile(in: folder + "/" + part)
    writers[part] = writer
    for (tag, value) in values { try writer.add(tag, Float(value), step: step) }
  }
}

/// One file of events: TFRecords that hold `tensorflow.Event` messages.
///
/// A record is a length (8 bytes), its checksum, the message, its checksum, all little-endian; the checksums are CRC-32C,
/// rotated and shifted ([TFRecord](https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details)). Of
/// the message's fields four are written: `wall_time` (1), `step` (2), `file_version` (3) and `summary` (5) with one value
/// of `tag` (1) and `simple_value` (2).
final class EventFile {
  private let file: FileHandle

  /// A new file in a folder, which is created if need be.
  init(in folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let now = Date().timeIntervalSince1970
    let process = ProcessInfo.processInfo
    var path = ""
    var number = 0
    repeat {
      path =
        "\(folder)/events.out.tfevents.\(Int(now)).\(process.hostName).\(process.processIdentifier).\(number).v2"
      number += 1
    } while FileManager.default.fileExists(atPath: path)
    try Data().write(to: URL(fileURLWithPath: path))
    file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    var event = Message()
    event.double(1, now)
    event.bytes(3, Data("brain.Event:2".utf8))
    try add(event.data)
  }

  /// Adds a number at a step.
  func add(_ tag: String, _ value: Float, step: Int64) throws {
    var number = Message()
    number.bytes(1, Data(tag.utf8))
    number.float(2, value)
    var summary = Message()
    summary.bytes(1, number.data)
    var event = Message()
    event.double(1, Date().timeIntervalSince1970)
    event.varint(2, UInt64(bitPattern: step))
    event.bytes(5, summary.data)
    try add(event.data)
  }

  private func add(_ message: Data) throws {
    let length = Self.littleEndian(UInt64(message.count))
    try file.write(
      contentsOf: length + Self.littleEndian(CRC32C.masked(length)) + message
        + Self.littleEndian(CRC32C.masked(message)))
  }

  private static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> Data {
    unsafe withUnsafeBytes(of: number.littleEndian) { unsafe Data($0) }
  }

  /// The fields of a [protocol buffer](https://protobuf.dev/programming-guides/encoding/), one after the other.
  private struct Message {
    private(set) var data = Data()

    mutating func varint(_ field: UInt8, _ value: UInt64) {
      data.append(field << 3)
      append(value)
    }

    mutating func double(_ field: UInt8, _ value: Double) {
      data.append(field << 3 | 1)
      data.append(EventFile.littleEndian(value.bitPattern))
    }

    mutating func bytes(_ field: UInt8, _ value: Data) {
      data.append(field << 3 | 2)
      append(UInt64(value.count))
      data.append(value)
    }

    mutating func float(_ field: UInt8, _ value: Float) {
      data.append(field << 3 | 5)
      data.append(EventFile.littleEndian(value.bitPattern))
    }

    private mutating func append(_ value: UInt64) {
      var value = value
      while value >= 0x80 {
        data.append(UInt8(truncatingIfNeeded: value) | 0x80)
        value >>= 7
      }
      data.append(UInt8(value))
    }
  }
}

/// The checksum of [RFC 3720](https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4): polynomial 0x1EDC6F41, reflected.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  static func checksum(_ data: Data) -> UInt32 {
    ~data.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }

  /// As TFRecords store it, so that the checksum of data with checksums in it stays good.
  static func masked(_ data: Data) -> UInt32 {
    let value = checksum(data)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}
