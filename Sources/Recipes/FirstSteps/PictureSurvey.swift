public import Images
public import Tensors

/// What the headers of pictures say of them all: sizes, colours, and which cannot be read.
public struct PictureSurvey: Sendable {
  /// How many were looked at.
  public let count: Int
  public let smallest: Size
  /// The middle one, by the shorter side.
  public let median: Size
  public let largest: Size
  public let greyCount: Int
  public let unreadable: [ImageError]

  /// Enough to know all by.
  private static let most = 5_000

  /// Looks at all pictures, or at some thousands of them, evenly spread.
  public init(_ images: LabelledImages) throws(DatasetError) {
    let paths = images.paths
    let step = max(1, (paths.count + Self.most - 1) / Self.most)
    let some = stride(from: 0, to: paths.count, by: step).map { paths[$0] }
    var sizes: [Size] = []
    var greyCount = 0
    var unreadable: [ImageError] = []
    for path in some {
      do throws(ImageError) {
        let header = try ImageHeader(contentsOf: path)
        sizes.append(header.size)
        if header.isGrey { greyCount += 1 }
      } catch {
        unreadable.append(error)
      }
    }
    sizes.sort { Self.extent($0) < Self.extent($1) }
    guard let first = sizes.first, let last = sizes.last else {
      throw DatasetError(
        path: images.root, "none of the \(some.count) pictures can be read; the first: \(unreadable[0])")
    }
    (count, smallest, median, largest) = (some.count, first, sizes[sizes.count / 2], last)
    self.greyCount = greyCount
    self.unreadable = unreadable
  }

  private static func extent(_ size: Size) -> (Int, Int) {
    (min(size.height, size.width), max(size.height, size.width))
  }

  /// The shorter side of the middle picture.
  public var extent: Int { min(median.height, median.width) }
}
