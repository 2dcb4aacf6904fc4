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
      /// The model's output for the class, or the number that it predicts.
      public let value: Float
    }

    public let file: String
    /// The classes, most probable first, as many as asked for; the one number of a regression.
    public let classes: [Class]
  }

  /// Whether the values are probabilities: the model ends in softmax or sigmoid. Others are the number of a regression, or logits.
  public let givesProbabilities: Bool
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
    let loader = model.loader(standard: .antialiased)
    let firstNames = Array(files.prefix(ImageLoader.batchSize))
    // A picture alone is read while the program for it is made; several keep all threads busy by themselves.
    let (made, first) = device.both(isParallel: firstNames.count == 1) {
      Result { () throws(ModelError) in
        try InferenceProgram(model.model, to: [model.firstOutput], inputShapes: [model.inputShape], on: device)
      }
    } and: {
      firstNames.isEmpty
        ? nil : loader.load(firstNames, in: device.buffers) { count, body in device.forEach(count, body) }
    }
    let program = try made.get()
    let classCount = program.outputShapes[0].elementCount
    givesProbabilities = model.model.givesProbabilities
    let labels = try model.labels(count: classCount)
    let views = try TestTimeViews(viewCount, for: model)

    var pictures: [Picture] = []
    let sum: Float = givesProbabilities ? 1 : 0
    skipped = loader.eachBatch(of: files, first: first, on: device, progress: progress) { batch, start in
      let outputs = Self.mean(
        (0..<views.count).map { view in
          let changed = views.pictures(batch.images, view: view, forEach: device.forEach)
          return program([model.preprocessing(changed)], on: device)[0].elements
        })
      for (row, position) in batch.positions.enumerated() {
        let values = outputs[(row * classCount)..<((row + 1) * classCount)]
        pictures.append(
          Picture(file: files[start + position], classes: Self.top(topCount, Array(values), labels, sum: sum)))
      }
    }
    self.pictures = pictures
  }

  /// The mean of lists of numbers, place by place.
  private static func mean(_ lists: [[Float]]) -> [Float] {
    guard lists.count > 1 else { return lists[0] }
    return lists[0].indices.map { index in lists.reduce(0) { $0 + $1[index] } / Float(lists.count) }
  }

  private static func top(_ count: Int, _ values: [Float], _ labels: [String], sum: Float) -> [Picture.Class] {
    // A single output speaks of the second of two classes; the first has the rest of 1, or, of logits, the same to the other side.
    var values = values
    if values.count == 1, labels.count == 2 { values = [sum - values[0], values[0]] }
    // Equal values keep the order of the classes.
    let order = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
    return order.prefix(count).map { Picture.Class(label: labels[$0], value: values[$0]) }
  }

  /// What a value is called in tables and JSON.
  private var valueName: String { givesProbabilities ? "probability" : "value" }

  /// `[{"file": …, "predictions": [{"label": …, "probability": …}, …]}]`, with `value` for `probability` where it is none.
  public var json: JSONValue {
    .array(
      pictures.map { picture in
        [
          "file": .string(picture.file),
          "predictions": .array(
            picture.classes.map { ["label": .string($0.label), valueName: .number(Double($0.value))] }),
        ]
      })
  }

  /// A table with a line per picture and class: `file,rank,label,probability`, with `value` for `probability` where it is none.
  public var csv: String {
    var lines = ["file,rank,label,\(valueName)"]
    for picture in pictures {
      for (rank, found) in picture.classes.enumerated() {
        lines.append("\(Self.field(picture.file)),\(rank + 1),\(Self.field(found.label)),\(found.value)")
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
