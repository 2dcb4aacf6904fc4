public import Images
public import Kernels
import Synchronization
import Tensors

/// Mean and standard deviation of each channel over all pixels of some pictures, as they are read and scaled.
///
/// One pass: each picture's `Σ x` and `Σ (x − x̄)²` in `Double`, joined picture by picture in their order by the formula of
/// [Chan, Golub and LeVeque](https://doi.org/10.1080/00031305.1983.10483115), so that any number of threads gives the same bits.
/// The variance is that of the pixels at hand, divided by their number, as Keras' `Normalization.adapt` has it.
public struct ChannelStatistics: Hashable, Sendable {
  public let mean: [Double]
  public let variance: [Double]
  /// Pictures that were read.
  public let count: Int
  /// Those that could not be.
  public let unreadable: Int

  public var standardDeviation: [Double] { variance.map { $0.squareRoot() } }

  /// Reads pictures; one that cannot be read is left out.
  public init(of images: LabelledImages, loader: ImageLoader, on device: Device) {
    let paths = images.paths
    let parts = Mutex([ChannelMoments?](repeating: nil, count: paths.count))
    let channels = loader.sampleShape[-1]
    let buffers = device.buffers
    device.forEach(paths.count) { index in
      var picture = unsafe Tensor(uninitialized: loader.sampleShape, in: buffers)
      let moments: ChannelMoments? = unsafe picture.withUnsafeMutableElements { pixels in
        do throws(ImageError) {
          try unsafe loader.read(paths[index], into: pixels)
          return unsafe ChannelMoments(UnsafeBufferPointer(pixels), channels: channels)
        } catch { return nil }
      }
      parts.withLock { $0[index] = moments }
    }
    let read = parts.withLock { $0 }.compactMap(\.self)
    var whole = ChannelMoments(channels: channels)
    for part in read { whole.join(part) }
    mean = whole.mean
    variance = whole.squares.map { $0 / max(1, whole.count) }
    count = read.count
    unreadable = paths.count - read.count
  }
}

/// The number of pixels, and each channel's mean and sum of squared distances from it.
private struct ChannelMoments {
  var count = 0.0
  var mean: [Double]
  var squares: [Double]

  init(channels: Int) {
    mean = [Double](repeating: 0, count: channels)
    squares = mean
  }

  /// - Parameter pixels: interleaved channels.
  @unsafe init(_ pixels: UnsafeBufferPointer<Float>, channels: Int) {
    self.init(channels: channels)
    count = Double(pixels.count / channels)
    for channel in 0..<channels {
      var sum = 0.0
      for index in stride(from: channel, to: pixels.count, by: channels) { unsafe sum += Double(pixels[index]) }
      let mean = sum / max(1, count)
      var squares = 0.0
      for index in stride(from: channel, to: pixels.count, by: channels) {
        let distance = unsafe Double(pixels[index]) - mean
        squares += distance * distance
      }
      self.mean[channel] = mean
      self.squares[channel] = squares
    }
  }

  mutating func join(_ other: ChannelMoments) {
    let total = count + other.count
    guard total > 0 else { return }
    for channel in mean.indices {
      let distance = other.mean[channel] - mean[channel]
      squares[channel] += other.squares[channel] + distance * distance * count * other.count / total
      mean[channel] += distance * other.count / total
    }
    count = total
  }
}
