public import Images
public import JSON
public import Kernels
internal import Layers
internal import Tensors
internal import Training

/// Some pictures of a plan as its first epochs will see them, side by side: the picture itself, then what each epoch makes of it,
/// before preprocessing. Where mini-batches are mixed it is with the very pictures that share its batch.
///
/// Pictures that cannot be read are left out, as training does. If none of them is met here the others are shown as if all could be
/// read; in training those behind it draw other numbers.
public struct AugmentationSheet: Sendable {
  public struct Row: Hashable, Sendable {
    /// Relative to the folder of the pictures.
    public let name: String
    /// What each epoch's version of it stands for, where pictures are mixed: `["0.7 cat", "0.3 dog"]`, or a number.
    public let labels: [[String]]
  }

  public let rows: [Row]
  /// Versions of each picture, one an epoch.
  public let viewCount: Int
  /// The settings of what changes them.
  public let augment: [JSONValue]
  public let sheet: PixelImage
  /// Pictures that cannot be read, if one was met.
  public let skipped: [ImageError]

  /// - Parameters:
  ///   - imageCount: how many pictures; they are taken evenly from the list of all.
  ///   - viewCount: how many epochs.
  public init(_ plan: Plan, imageCount: Int, viewCount: Int, on device: Device) throws {
    guard plan.recipe.data.isAugmented else {
      throw RecipeError(
        file: plan.recipe.file, path: "data.augment",
        "there is nothing to show: the recipe changes no pictures. Add {\"name\": \"random_flip\"}, for example.")
    }
    var (pictures, skipped) = (plan.training, [ImageError]())
    let drawn: SeenPictures
    do {
      drawn = try plan.drawn(pictures, imageCount, viewCount, on: device)
    } catch let error where error is ImageError || (error as? TrainingError)?.kind == .unreadableImage {
      // As training does before it begins; it takes a look at every picture.
      (pictures, skipped) = try plan.readable(on: device)
      drawn = try plan.drawn(pictures, imageCount, viewCount, on: device)
    }
    self.skipped = skipped
    let (chosen, columns, labels) = (drawn.chosen, drawn.columns, drawn.labels)
    let rows = zip(chosen, labels).map { Row(name: pictures.names[$0], labels: $1) }
    self.rows = rows
    augment = plan.recipe.data.augment.map(\.config) + plan.recipe.data.mixing.map(\.config)
    self.viewCount = viewCount
    let names = augment.compactMap { $0["name"]?.stringValue }
    sheet =
      PictureTable(
        title: names.joined(separator: ", "), headings: ["picture"] + (1...viewCount).map { "epoch \($0)" },
        rows: rows.indices.map { row in
          PictureTable.Row(label: rows[row].name, pictures: columns.map { $0[row] }, captions: [[]] + rows[row].labels)
        }
      ).drawing
  }

  /// `{"epochs": …, "augment": […], "rows": [{"file": …, "labels": [["0.7 cat", …], …]}]}`
  public var json: JSONValue {
    [
      "epochs": .integer(viewCount), "augment": .array(augment), "width": .integer(sheet.width),
      "height": .integer(sheet.height),
      "rows": .array(
        rows.map { ["file": .string($0.name), "labels": .array($0.labels.map { .array($0.map { .string($0) }) })] }),
    ]
  }
}
