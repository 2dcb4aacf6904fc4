internal import Tensors

extension ModelRecipe {
  init?(reading reader: RecipeReader) {
    var reader = reader
    let architecture = reader.string("architecture")
    let file = reader.string("file")
    let layers = reader.layers("layers")
    let alpha = reader.double("alpha", in: 0.01...10)
    let names = ["architecture", "file", "layers"].filter(reader.has)
    let hasWeights = reader.has("weights")
    let weights = reader.string("weights")

    inputSize = reader.size("input_size")
    channels = reader.int("channels", in: 1...4)
    head = HeadRecipe(reading: &reader, "head")
    surgery = ModelSurgery(reading: &reader)
    labels = reader.string("labels")
    let standardize = (name: "standardize", value: Preprocessing?.none)
    let choice = reader.choice("preprocessing", Preprocessing.all.map { ($0.name, $0) } + [standardize])
    standardizes = choice == .some(nil)
    // A layer in front of the model does it then, on pixels as they are.
    preprocessing = standardizes ? Preprocessing.none : choice ?? nil
    for key in ["allow_missing", "allow_unused", "match"] where reader.has(key) && weights == nil {
      reader.report(key, "goes with \"architecture\" and its \"weights\" only")
    }
    weightRules = WeightRules(
      allowMissing: reader.strings("allow_missing") ?? [], allowUnused: reader.strings("allow_unused") ?? [],
      method: reader.choice("match", WeightRules.methods))
    reader.finish()

    if names.count != 1 {
      let found = names.isEmpty ? "none of them" : names.map { "\"\($0)\"" }.joined(separator: " and ")
      reader.problems.report(
        reader.path, "expected exactly one of \"architecture\", \"file\" and \"layers\", found \(found)")
    }
    if architecture != nil, !hasWeights {
      reader.report(
        "weights",
        "say where the weights are, \"weights\": \"FILE.h5\" or \"imagenet\", or \"weights\": null to begin from nothing"
      )
    }
    if architecture == nil {
      if weights != nil || (hasWeights && file != nil) {
        reader.report("weights", "goes with \"architecture\" only; a whole-model \"file\" brings its weights")
      }
      if alpha != nil { reader.report("alpha", "goes with \"architecture\" only") }
    }
    if labels != nil, surgery.classes?.keeps != true {
      reader.report("labels", "names the model's own classes, which only \"classes\": {\"keep\": true} asks for")
    }
    if surgery.channelAdaptation != nil, channels == nil {
      reader.report("channel_method", "goes with \"channels\"")
    }
    if surgery.classes?.keeps == true, architecture != nil, weights == nil {
      reader.report("classes", "there are no classes to keep without \"weights\"")
    }
    if layers != nil {
      for key in ["replace_from", "cut_after", "taps", "insert", "classes", "labels", "channel_method"]
      where reader.has(key) {
        reader.report(key, "changes a pretrained model; a model of \"layers\" is what it lists")
      }
      if inputSize == nil { reader.report("input_size", "a model of \"layers\" needs its input size: [height, width]") }
      if head != nil { reader.report("head", "a model of \"layers\" lists its head among them") }
    }
    if let architecture {
      source = .architecture(name: architecture, alpha: alpha, weights: weights)
    } else if let file {
      source = .file(file)
    } else if let layers {
      source = .layers(layers)
    } else {
      return nil
    }
  }
}
