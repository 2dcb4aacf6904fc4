import Foundation
import JSON
import Kernels
import Layers
import Tensors
import TestSupport
import Testing
import Training

@Suite("What is written down while training goes on")
struct LogTests {
  @Test("Every line is in the file as soon as its epoch ends, and a log goes on where it was")
  func lines() throws {
    for format in TextLog.Format.allCases {
      let path = TemporaryFolder.path("log")
      let log = TextLog(format, to: path)
      try log.begin([])
      for (index, record) in Self.records.enumerated() {
        try log.add(record)
        #expect(try text(path) == expected(format, Array(Self.records[...index])))
      }
      let later = TextLog(format, to: path)
      try later.begin(Array(Self.records.prefix(1)))
      try later.add(Self.records[1])
      #expect(try text(path) == expected(format, Array(Self.records.prefix(2))))
    }
  }

  @Test("Event files are laid out as TensorBoard expects: framed, checked, numbers under Keras' tags")
  func events() throws {
    let folder = TemporaryFolder.path("events")
    let log = TensorBoardLog(to: folder)
    log.begin([])
    for record in Self.records { try log.add(record) }
    let train = try records(in: folder + "/train")
    #expect(train.count == 1 + 3 + 3 + 2)
    #expect(train[0].contains(Data("brain.Event:2".utf8)))
    for tag in ["epoch_loss", "epoch_accuracy", "epoch_learning_rate"] {
      #expect(train.contains { $0.contains(Data(tag.utf8)) })
    }
    // tag 1.5 as field 2 of a value: 0x15 00 00 C0 3F.
    #expect(train[1].contains(Data([0x15, 0, 0, 0xC0, 0x3F])))
    #expect(try records(in: folder + "/validation").count == 1 + 1)
  }

  @Test("A network that diverges says where the first wrong numbers stand")
  func divergence() throws {
    var model = try Stripes.classifier(seed: 1)
    let index = try #require(model.parameters.firstIndex { $0.path == "conv2d_1/kernel" })
    model.parameters[index].value = Tensor(repeating: .nan, model.parameters[index].shape)
    let settings = PhaseSettings(
      name: "p", epochs: 1, loss: CategoricalCrossentropy(), metrics: [], optimizer: SGD(), seed: 1)
    var state = TrainingState()
    let error = #expect(throws: TrainingError.self) {
      try Trainer(settings, on: Device(threads: 1)).train(&model, on: Stripes(count: 8, seed: 1), state: &state)
    }
    #expect(
      error?.kind == .diverged && error?.message.contains("conv2d_1/kernel") == true, "\(String(describing: error))")
  }

  private static let records = [
    EpochRecord(
      phase: "head", epoch: 1, training: result(1.5, accuracy: 0.25), validation: nil, learningRate: 0.1, seconds: 1),
    EpochRecord(
      phase: "head", epoch: 2, training: result(1.25, accuracy: 0.5), validation: result(2, accuracy: nil),
      learningRate: 0.1, seconds: 1),
    EpochRecord(
      phase: "all, \"deep\"", epoch: 1, training: result(1, accuracy: nil), validation: nil, learningRate: 0.01,
      seconds: 2),
  ]

  private static func result(_ loss: Double, accuracy: Double?) -> EvaluationResult {
    EvaluationResult(
      samples: 4, loss: loss, metrics: accuracy.map { [MetricValue(name: "accuracy", value: $0)] } ?? [])
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func expected(_ format: TextLog.Format, _ records: [EpochRecord]) -> String {
    let history = History(records)
    switch format {
    case .csv: return history.csv
    case .jsonl:
      // An epoch has the columns of its own.
      return records.map { (History([$0]).json.arrayValue ?? [])[0].text + "\n" }.joined()
    }
  }

  /// The messages of the only file in a folder, each of whose checksums is right.
  private func records(in folder: String) throws -> [Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count == 1)
    var rest = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + (names.first ?? "")))
    var messages: [Data] = []
    func take(_ count: Int) -> Data {
      defer { rest = Data(rest.dropFirst(count)) }
      return Data(rest.prefix(count))
    }
    while !rest.isEmpty {
      let length = take(8)
      #expect(take(4) == maskedChecksum(length))
      let message = take(Int(length[0]) | Int(length[1]) << 8)
      #expect(take(4) == maskedChecksum(message))
      messages.append(message)
    }
    return messages
  }

  /// CRC-32C bit by bit.
  private func maskedChecksum(_ data: Data) -> Data {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in data {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
    }
    crc = ~crc
    let masked = (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    return Data((0..<4).map { UInt8(truncatingIfNeeded: masked >> (8 * $0)) })
  }
}

extension Data {
  fileprivate func contains(_ part: Data) -> Bool { range(of: part) != nil }
}
