internal import Kernels
internal import Layers
internal import Tensors

extension Architecture {
  /// [Learning Transferable Architectures for Scalable Image Recognition](https://arxiv.org/abs/1707.07012), for telephones
  public static let nasNetMobile = nasNet(
    "Mobile", size: 224, penultimateFilters: 1056, cells: 4, stemFilters: 32, skipsReduction: false)

  /// [Learning Transferable Architectures for Scalable Image Recognition](https://arxiv.org/abs/1707.07012), the large one
  public static let nasNetLarge = nasNet(
    "Large", size: 331, penultimateFilters: 4032, cells: 6, stemFilters: 96, skipsReduction: true)

  /// Two cells that a search found on small pictures, stacked: normal ones and, between the stages, ones that halve the image.
  /// Each sees the outputs of the two cells before it.
  ///
  /// - Parameters:
  ///   - cells: normal cells in each of the three stages.
  ///   - skipsReduction: whether the cell behind a halving one sees what came before that one's second input.
  private static func nasNet(
    _ variant: String, size: Int, penultimateFilters: Int, cells: Int, stemFilters: Int, skipsReduction: Bool
  ) -> Architecture {
    Architecture(
      name: "NASNet\(variant)", paper: "https://arxiv.org/abs/1707.07012", defaultSize: Size(size, size),
      minimumExtent: 32, preprocessing: .tf, alphas: [], classCount: 1000,
      weightFiles: ["nasnet_\(variant.lowercased())*", "NASNet-\(variant.lowercased())*"],
      groups: ["stem", "stage1", "stage2", "stage3", "top"], needsFixedSize: true,
      modelName: { _, _ in "nasnet_\(variant.lowercased())" },
      layers: { graph, image, shape, options in
        let filters = penultimateFilters / 24
        graph.group = "stem"
        let stem = Conv2D(
          filters: stemFilters, kernelSize: Size(3, 3), strides: Size(2, 2), usesBias: false,
          kernelInitializer: .heNormal)
        let first = graph(
          NASNetCell.normalization, name: "stem_bn1", on: graph(stem, name: "stem_conv1", on: image))
        var extents = Extents(shape).mapped { ($0 - 3) / 2 + 1 }
        /// The outputs of the last cell and of the one before it.
        var (x, previous) = (first, first)

        func reduce(_ filters: Int, _ id: String, _ adjustment: NASNetCell.Adjustment) {
          let cell = NASNetCell(id: id, filters: filters, extents: extents)
          let output = cell.addReduction(to: &graph, on: x, previous, adjustment)
          (previous, x) = (x, output)
          extents = extents.halved
        }
        reduce(filters / 4, "stem_1", .none)
        reduce(filters / 2, "stem_2", .halving)
        for stage in 0..<3 {
          let width = filters << stage
          if stage > 0 {
            let before = previous
            reduce(width, "reduce_\(stage * cells)", .projection)
            if skipsReduction { previous = before }
          }
          for index in 0..<cells {
            // Numbers go on from stage to stage; a halving cell counts as one.
            let id = "\(stage * cells + index + (stage > 0 ? 1 : 0))"
            let cell = NASNetCell(id: id, filters: width, extents: extents)
            let adjustment = NASNetCell.Adjustment.before(index == 0)
            // What halves the second input stands, by its distance from the output, among the layers of the stage before.
            let adjusted = cell.adjusted(previous, adjustment, in: &graph)
            let output = cell.addNormal(to: &graph, on: x, adjusted, group: "stage\(stage + 1)")
            (previous, x) = (x, output)
          }
        }
        x = graph(Activation(.relu), on: x)
        guard options.includesTop else { return x }
        graph.beginTop()
        return graph.pooledTop(on: x, classes: options.classCount ?? 1000, dense: "predictions")
      })
  }
}
