/// How the first convolution of a network that was trained on pictures of some channels is made to take others.
///
/// With `m` channels before and `n` after, the new kernel of a channel is a combination of the old ones. Statistics of channels,
/// such as the mean of a `Normalization`, are not summed but averaged.
public enum ChannelAdaptation: String, CaseIterable, Hashable, Sendable {
  /// The sum of all old channels, for grey pictures: what the network would see if the grey stood in all of them.
  case sum
  /// The old channels over and over, times m / n, so that the sum of the kernel stays: what timm does.
  case `repeat`
  /// The old channels first; further ones begin at zero, so that the network begins as it was.
  case extend
  /// Every new channel gets the mean of the old ones, times m / n.
  case mean

  /// What is done where nobody says: `sum` to one channel, `repeat` otherwise.
  public static func standard(to count: Int) -> ChannelAdaptation { count == 1 ? .sum : .repeat }

  /// The share of each old channel in each new one, `[new][old]`.
  func weights(from old: Int, to new: Int) -> [[Float]] {
    let (m, n) = (Float(old), Float(new))
    return (0..<new).map { channel in
      (0..<old).map { source in
        switch self {
        case .sum: 1
        case .repeat: source == channel % old ? m / n : 0
        case .extend: source == channel ? 1 : 0
        case .mean: 1 / n
        }
      }
    }
  }

  /// Numbers that describe a channel, such as its mean, for the new channels; one number for all stays that.
  public func statistics(_ values: [Float], to new: Int) -> [Float] {
    guard values.count > 1 else { return values }
    let mean = values.reduce(0, +) / Float(values.count)
    return (0..<new).map { channel in
      switch self {
      case .sum, .mean: mean
      case .repeat: values[channel % values.count]
      case .extend: channel < values.count ? values[channel] : mean
      }
    }
  }

  /// Says why it cannot be done.
  func check(from old: Int, to new: Int) throws(ModelError) {
    if self == .sum, new != 1 { throw ModelError("the sum of channels makes one channel, not \(new)") }
    if self == .extend, new < old { throw ModelError("\(old) channels cannot be extended to \(new)") }
  }
}
