"""A Keras model of convolutions as an ONNX graph of the same arithmetic, in ONNX' layout NCHW."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8


class Graph:
    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.paddings: dict[str, tuple[str, list[int]]] = {}  # a padded value, and what it is made of

    def constant(self, name: str, values: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def windowed(self, layer: Any, x: str, window: tuple[int, int], extents: tuple[int, int]) -> tuple[str, list[int]]:
        """The value and the margins that a window slides over; padding of its own layer becomes margins."""
        if x in self.paddings:
            return self.paddings[x]
        if layer.padding == "valid":
            return x, [0, 0, 0, 0]
        before, after = [], []
        for extent, size, stride in zip(extents, window, layer.strides, strict=True):
            total = max(0, (-(-extent // stride) - 1) * stride + size - extent)
            before.append(total // 2)
            after.append(total - total // 2)
        return x, before + after


def onnx_model(model: keras.Model, batch: str | int = "batch") -> ModelProto:
    graph = Graph()
    names: dict[int, str] = {id(model.inputs[0]): "pictures"}
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        node = layer._inbound_nodes[0]
        inputs = [names[id(tensor)] for tensor in node.input_tensors]
        names[id(node.outputs[0])] = add(graph, layer, inputs, tuple(node.input_tensors[0].shape))
    height, width, channels = model.inputs[0].shape[1:]
    made = helper.make_graph(
        graph.nodes,
        model.name,
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [batch, channels, height, width])],
        [helper.make_tensor_value_info(names[id(model.outputs[0])], TensorProto.FLOAT, [batch, *model.outputs[0].shape[1:]])],
        graph.constants,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def add(graph: Graph, layer: Any, inputs: list[str], shape: tuple[int, ...]) -> str:
    """Adds a layer's nodes; gives its output."""
    x, name, kinds = inputs[0], layer.name, keras.layers
    weights = dict(zip([variable.name for variable in layer.weights], layer.get_weights(), strict=True))
    match layer:
        case kinds.ZeroPadding2D():
            (top, bottom), (left, right) = layer.padding
            graph.paddings[name] = (x, [top, left, bottom, right])
            return name  # whoever reads it takes the margins instead
        case kinds.DepthwiseConv2D() | kinds.Conv2D():
            depthwise = isinstance(layer, kinds.DepthwiseConv2D)
            kernel = weights["kernel"].transpose(2, 3, 0, 1) if depthwise else weights["kernel"].transpose(3, 2, 0, 1)
            operands = [graph.constant(f"{name}/kernel", kernel)]
            if "bias" in weights:
                operands.append(graph.constant(f"{name}/bias", weights["bias"]))
            x, margins = graph.windowed(layer, x, layer.kernel_size, shape[1:3])
            x = graph.node(
                "Conv", [x, *operands], name, pads=margins, strides=layer.strides, kernel_shape=layer.kernel_size,
                group=shape[3] if depthwise else 1,
            )  # fmt: skip
            return activated(graph, x, layer.activation.__name__)
        case kinds.BatchNormalization():
            operands = [graph.constant(f"{name}/{k}", weights[k]) for k in ("gamma", "beta", "moving_mean", "moving_variance")]
            return graph.node("BatchNormalization", [x, *operands], name, epsilon=layer.epsilon)
        case kinds.ReLU():
            if layer.max_value is None:
                return graph.node("Relu", [x], name)
            bounds = [graph.constant(f"{name}/{k}", np.float32(v)) for k, v in (("least", 0), ("most", layer.max_value))]
            return graph.node("Clip", [x, *bounds], name)
        case kinds.Activation():
            return activated(graph, x, layer.activation.__name__)
        case kinds.Add():
            return graph.node("Add", inputs, name)
        case kinds.MaxPooling2D():
            # Keras pads with zeros, ONNX with the least number: the same behind a ReLU.
            x, margins = graph.windowed(layer, x, layer.pool_size, shape[1:3])
            return graph.node("MaxPool", [x], name, pads=margins, strides=layer.strides, kernel_shape=layer.pool_size)
        case kinds.GlobalAveragePooling2D():
            if layer.keepdims:
                return graph.node("GlobalAveragePool", [x], name)
            return graph.node("Flatten", [graph.node("GlobalAveragePool", [x], f"{name}/image")], name)
        case kinds.Flatten() | kinds.Reshape():
            # Keras flattens channels last.
            return graph.node("Flatten", [graph.node("Transpose", [x], f"{name}/nhwc", perm=[0, 2, 3, 1])], name)
        case kinds.Dropout():
            return x
        case kinds.Dense():
            operands = [graph.constant(f"{name}/{k}", weights[k]) for k in ("kernel", "bias")]
            return activated(graph, graph.node("Gemm", [x, *operands], name), layer.activation.__name__)
    raise NotImplementedError(f"{name}: no translation of {type(layer).__name__}")


def activated(graph: Graph, x: str, activation: str) -> str:
    kinds = {"relu": "Relu", "softmax": "Softmax"}
    return x if activation == "linear" else graph.node(kinds[activation], [x], f"{x}/{activation}")
