internal import Layers
internal import Tensors

extension LoadedModel {
  /// This model for pictures of another number of channels.
  ///
  /// Where preprocessing treats the colours apart, as `caffe` and `torch` do, a `Rescaling` in front of the model takes its
  /// place, with the means of the colours for channels that are none.
  func adapted(toChannels count: Int, by method: ChannelAdaptation?) throws(ModelError) -> LoadedModel {
    guard count != channels else { return self }
    let method = method ?? .standard(to: count)
    var result = self
    let (model, changed) = try model.adaptingInput(
      toChannels: count, by: method, reversesColors: preprocessing == .caffe)
    result.model = model
    result.channels = count
    result.notes.append(
      "channels: the model was trained on \(channels), the pictures have \(count); "
        + "\(changed.map { "\"\($0)\"" }.joined(separator: " and ")) adapted by \"\(method.rawValue)\"")
    if let (scale, offset) = preprocessing.byColor {
      let scaling = Rescaling(scale: method.statistics(scale, to: count), offset: method.statistics(offset, to: count))
      result.model = try result.model.inserting([("pixel_scaling", scaling)], at: .first, initialization: .none).model
      result.preprocessing = .none
      result.notes.append(
        "pixels: preprocessing \"\(preprocessing.name)\" treats three colours apart; for \(count) a layer \"pixel_scaling\" "
          + "in the model does x · \(scaling.scale.map { "\($0)" }.joined(separator: ", ")) + "
          + "\(scaling.offset.map { "\($0)" }.joined(separator: ", "))")
    }
    return result
  }
}

extension Preprocessing {
  /// What a mode that treats colours apart does to red, green and blue: `x · scale + offset`.
  fileprivate var byColor: (scale: [Float], offset: [Float])? {
    switch self {
    case .none, .tf, .unit: nil
    case .caffe: ([1, 1, 1], [-123.68, -116.779, -103.939])
    case .torch:
      (
        [1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225)],
        [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225]
      )
    }
  }
}
