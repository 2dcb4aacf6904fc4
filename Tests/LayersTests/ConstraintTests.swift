import JSON
import Layers
import Tensors
import Testing

@Suite("Constraints and regularizers")
struct ConstraintTests {
  @Test("Norms are clipped along the axes that are named")
  func norms() {
    var dense = Tensor([2, 2], [3, 0.3, 4, 0.4])
    Constraint.maxNorm(2).apply(to: &dense)
    for (found, expected) in zip(dense.elements, [1.2, 0.3, 1.6, 0.4] as [Float]) {
      #expect(abs(found - expected) < 1e-6)
    }
    var filters = Tensor([1, 2, 1, 2], [3, -1, 4, 2])
    Constraint.unitNorm(axes: [0, 1, 2]).apply(to: &filters)
    let root = Float(5).squareRoot()
    for (found, expected) in zip(filters.elements, [0.6, -1 / root, 0.8, 2 / root]) {
      #expect(abs(found - expected) < 1e-6)
    }
    var signed = Tensor([3], [-1, 0, 2])
    Constraint.nonNegative.apply(to: &signed)
    #expect(signed == Tensor([3], [0, 0, 2]))
  }

  @Test(
    "Every spelling reads, and the configuration reads back",
    arguments: [
      "max_norm", ["name": "max_norm", "max_value": 3],
      ["class_name": "MaxNorm", "config": ["max_value": 3, "axis": [0, 1]]],
      "non_neg", ["class_name": "UnitNorm", "config": ["axis": 0]],
      ["name": "min_max_norm", "min_value": 0.5, "max_value": 2, "rate": 0.9],
    ] as [JSONValue])
  func spellings(_ config: JSONValue) throws {
    let constraint = try Constraint.reading(config)
    #expect(try Constraint.reading(constraint.config) == constraint)
  }

  @Test("Layers take constraints for their parameters, and refuse what makes no sense")
  func layers() throws {
    let dense = try Dense(config: ["units": 2, "kernel_constraint": ["name": "max_norm", "max_value": 3]])
    #expect(dense.parameterSpecs(for: [3])[0].constraint == .maxNorm(3))
    #expect(try Dense(config: dense.config) == dense)
    let convolution = try Conv2D(
      config: ["filters": 2, "kernel_size": 3, "kernel_constraint": ["name": "unit_norm", "axis": [0, 1, 2]]])
    #expect(convolution.parameterSpecs(for: [8, 8, 3])[0].constraint == .unitNorm(axes: [0, 1, 2]))
    for (config, words) in [
      (["units": 2, "kernel_constraint": ["name": "maxnorm", "axis": 2]], "kernel_constraint.axis"),
      (["units": 2, "kernel_constraint": "max_nrm"], "Did you mean \"max_norm\""),
      (["units": 2, "kernel_constraint": ["name": "max_norm", "max": 2]], "max_value"),
    ] as [(JSONValue, String)] {
      #expect { try Dense(config: config) } throws: { "\($0)".contains(words) }
    }
  }

  @Test("A regularizer has a short spelling too")
  func regularizers() throws {
    #expect(try Regularizer.reading(["l1": 0.25, "l2": 0.5]) == Regularizer(l1: 0.25, l2: 0.5))
    #expect(try Regularizer.reading(["name": "l2", "l2": 0.5]) == Regularizer(l2: 0.5))
    #expect(try Regularizer.reading(["class_name": "L1L2", "config": ["l1": 0.5, "l2": 0]]) == Regularizer(l1: 0.5))
    #expect { try Regularizer.reading(["l2": -1]) } throws: { "\($0)".contains("not negative") }
    #expect { try Regularizer.reading(["l1": 1, "l3": 1]) } throws: { "\($0)".contains("l3") }
  }
}
