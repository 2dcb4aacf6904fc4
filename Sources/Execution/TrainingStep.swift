internal import Kernels
internal import Layers

/// One layer, or several in one, of a training program.
struct TrainingStep: Sendable {
  enum Work: Sendable {
    /// A layer by itself.
    case layer(call: UInt64, Context.Mode)
    /// A convolution with its bias and an activation whose way back needs no more than its output.
    case convolution(SampleConvolution, NormalizedActivation)
    /// The same with a ReLU, then the largest number of each window.
    case pooledConvolution(SampleConvolution, NormalizedActivation, Window)
    /// A convolution if there is one, batch normalisation, then the addition of the second input if there is one, then an
    /// activation.
    case normalization(SampleConvolution?, BatchNormalization, NormalizedActivation, Context.Mode)
  }

  /// The layer that holds the parameters, and its path.
  let layer: any Layer
  let path: String
  /// Its parameters, behind them those of a normalisation that joined it, by their indices in the model.
  var parameters: [Int]
  /// Of these the statistics.
  var statistics: [Int]
  var work: Work
  var inputs: [ValueID]
  var output: ValueID
  var needs: GradientNeeds = []
  /// Of what is trained.
  var trained = Set<Int>()
  /// Which of the inputs need a gradient.
  var inputNeeds: [Bool] = []
  /// Whether the output is made again for the way back of its user.
  var isRemade = false
  /// Whether the last to give its part of the output's gradient is a convolution, which can take the sums of it.
  var isSummedBehind = false
  /// Whether what a convolution gives its normalisation is made again for the way back.
  var dropsConvolved = false
  /// The values that nobody reads any more afterwards.
  var releases: [ValueID] = []

  /// Whether a sample's output depends on that sample alone.
  var isSampleWise: Bool {
    switch work {
    case .layer(_, let mode): mode == .inference || statistics.isEmpty
    case .convolution, .pooledConvolution: true
    case .normalization(_, _, _, let mode): mode == .inference
    }
  }
}
