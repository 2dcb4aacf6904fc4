internal import Execution
public import Images
public import JSON
public import Kernels
internal import Layers
internal import Tensors

/// What a model says of pictures.
public struct Prediction: Sendable {
  /// The answer for one picture.
  public struct Picture: Sendable {
    public struct Class: Sendable {
      public let label: String
      /// The model's output for the class; a probability where the model ends in softmax or sigmoid.
      public let probability: Float
    }

    public let file: String
    /// The classes, most probable first, as many as asked for.
    public let classes: [Class]
  }

  public let pictures: [Picture]
  /// Pictures that cannot be read.
  public let skipped: [ImageError]
}

extension Prediction {
  /// Shows a model pictures.
  ///
  /// Where neither the file nor the user says how, pictures are brought to size as Keras' `load_img` does with
  /// `interpolation="bilinear"`, which smooths what it shrinks. The models written here say it themselves.
  ///
  /// - Parameters:
  ///   - paths: pictures, or folders that are walked.
  ///   - topCount: how many classes to name for each picture.
  ///   - viewCount: over how many views of each picture outputs are averaged; see `--tta`.
  public init(
    _ model: LoadedModel, of paths: [String], topCount: Int, viewCount: Int = 1, on device: Device,
    progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws {
    var files: [String] = []
    for path in paths { files += try ImageFiles.find(at: path).paths }
    let program = try InferenceProgram(
      model.model, to: [model.firstOutput], inputShapes: [model.inputShape], on: device)
    let classCount = program.outputShapes[0].elementCount
    let labels = try model.labels(count: classCount)
    let loader = model.loader(standard: .antialiased)
    let views = try TestTimeViews(viewCount, for: model)

    var pictures: [Picture] = []
    var skipped: [ImageError] = []
    let chunk = 32
    for start in stride(from: 0, to: files.count, by: chunk) {
      let names = Array(files[start..<min(files.count, start + chunk)])
      let batch = loader.load(names, in: device.buffers) { count, body in device.forEach(count, body) }
      skipped += batch.skipped
      if !batch.positions.isEmpty {
        let outputs = Self.mean(
          (0..<views.count).map { view in
            let pictures = views.pictures(batch.images, view: view, forEach: device.forEach)
            return program([model.preprocessing(pictures)], on: device)[0].elements
          })
        for (row, position) in batch.positions.enumerated() {
          let values = outputs[(row * classCount)..<((row + 1) * classCount)]
          pictures.append(
            Picture(file: names[position], classes: Self.top(topCount, Array(values), labels)))
        }
      }
      progress(min(files.count, start + chunk), files.count)
    }
    self.init(pictures: pictures, skipped: skipped)
  }

  /// The mean of lists of numbers, place by place.
  private static func mean(_ lists: [[Float]]) -> [Float] {
    guard lists.count > 1 else { return lists[0] }
    return lists[0].indices.map { index in lists.reduce(0) { $0 + $1[index] } / Float(lists.count) }
  }

  private static func top(_ count: Int, _ values: [Float], _ labels: [String]) -> [Picture.Class] {
    // A single sigmoid output speaks of the second of two classes; the first has the rest.
    var values = values
    if values.count == 1, labels.count == 2 { values = [1 - values[0], values[0]] }
    // Equal values keep the order of the classes.
    let order = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
    return order.prefix(count).map { Picture.Class(label: labels[$0], probability: values[$0]) }
  }

  /// `[{"file": …, "predictions": [{"label": …, "probability": …}, …]}]`
  public var json: JSONValue {
    .array(
      pictures.map { picture in
        [
          "file": .string(picture.file),
          "predictions": .array(
            picture.classes.map { ["label": .string($0.label), "probability": .number(Double($0.probability))] }),
        ]
      })
  }

  /// A table with a line per picture and class: `file,rank,label,probability`.
  public var csv: String {
    var lines = ["file,rank,label,probability"]
    for picture in pictures {
      for (rank, found) in picture.classes.enumerated() {
        lines.append("\(Self.field(picture.file)),\(rank + 1),\(Self.field(found.label)),\(found.probability)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A field of a table, in quotes where it needs them (RFC 4180).
  private static func field(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
