/// Whether pixels are grey or coloured; Keras' `color_mode`.
public enum ColorMode: Int, Hashable, Sendable, CaseIterable {
  case grayscale = 1
  case rgb = 3

  /// The mode with so many channels, if there is one.
  public init?(channelCount: Int) { self.init(rawValue: channelCount) }

  /// 1 or 3.
  public var channelCount: Int { rawValue }
}
