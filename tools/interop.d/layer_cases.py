"""Every layer with its options: one model per topic, each variant a branch of its own.

The builders take either library, so that each topic is written both as Keras 3 and as Keras 2 write it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from case import Case, case_check
from check import Check
from judge import flavours, outputs, shake
from pictures import pictures, preprocessed
from place import Place

Tensor = Any
Topic = Callable[[ModuleType, Tensor], list[Tensor]]

# Odd extents, and height unlike width, so that no mistake in padding or order hides.
HEIGHT, WIDTH, CHANNELS = 13, 11, 3
ACTIVATIONS = (
    "linear relu relu6 leaky_relu sigmoid tanh softmax swish silu gelu elu selu softplus softsign hard_sigmoid hard_swish"
)


def spread(k: ModuleType, x: Tensor) -> Tensor:
    """Values from about -9 to 9: an activation shows what it is only where it bends."""
    return k.layers.Conv2D(4, 1, kernel_initializer=k.initializers.RandomUniform(-5, 5, seed=3), name="spread")(x)


def activations(k: ModuleType, x: Tensor) -> list[Tensor]:
    x = spread(k, x)
    names = [name for name in ACTIVATIONS.split() if knows(k, name)]
    alone = [k.layers.Activation(name, name=f"alone_{name}")(x) for name in names]
    return alone + [k.layers.Conv2D(5, 1, activation=name, name=f"in_conv_{name}")(x) for name in names]


def knows(k: ModuleType, activation: str) -> bool:
    try:
        k.activations.get(activation)
    except ValueError:
        return False
    return True


def activation_layers(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers, x = k.layers, spread(k, x)
    slope = {"alpha": 0.07} if k.__name__ == "tf_keras" else {"negative_slope": 0.07}
    return [
        layers.ReLU(name="relu")(x),
        layers.ReLU(max_value=6, name="relu_max")(x),
        layers.ReLU(max_value=2, negative_slope=0.1, threshold=0.5, name="relu_all")(x),
        layers.ReLU(threshold=1.5, name="relu_threshold")(x),
        layers.ReLU(negative_slope=0.3, name="relu_slope")(x),
        layers.LeakyReLU(name="leaky")(x),
        layers.LeakyReLU(**slope, name="leaky_slope")(x),
        layers.PReLU(name="prelu")(x),
        layers.PReLU(shared_axes=[1, 2], name="prelu_shared")(x),
        layers.Softmax(name="softmax")(x),
    ]


def convolutions(k: ModuleType, x: Tensor) -> list[Tensor]:
    variants: list[dict[str, Any]] = [
        {"kernel_size": size, "strides": stride, "padding": padding}
        for padding in ("valid", "same")
        for size, stride in [(1, 1), (3, 1), (3, 2), (5, 3), ((2, 3), 1), (4, 2), (1, 2), ((3, 1), (2, 1))]
    ]
    variants += [{"kernel_size": 3, "dilation_rate": rate, "padding": p} for p in ("valid", "same") for rate in (2, (2, 1))]
    variants += [{"kernel_size": 3, "use_bias": False}, {"kernel_size": 7, "padding": "same", "activation": "relu"}]
    return [k.layers.Conv2D(6, **options, name=f"conv_{i}")(x) for i, options in enumerate(variants)]


def grouped_convolutions(k: ModuleType, x: Tensor) -> list[Tensor]:
    x = spread(k, x)
    return [
        k.layers.Conv2D(8, 3, groups=2, name="two_groups")(x),
        k.layers.Conv2D(8, 3, strides=2, padding="same", groups=4, name="four_groups")(x),
    ]


def depthwise_convolutions(k: ModuleType, x: Tensor) -> list[Tensor]:
    variants: list[dict[str, Any]] = [
        {"kernel_size": size, "strides": stride, "padding": padding, "depth_multiplier": multiplier}
        for padding in ("valid", "same")
        for size, stride, multiplier in [(3, 1, 1), (3, 2, 1), (5, 1, 2), (5, 2, 1), ((3, 2), 1, 3), (1, 1, 2)]
    ]
    variants += [{"kernel_size": 3, "dilation_rate": 2, "padding": "same"}, {"kernel_size": 3, "use_bias": False}]
    return [k.layers.DepthwiseConv2D(**options, name=f"depthwise_{i}")(x) for i, options in enumerate(variants)]


def separable_convolutions(k: ModuleType, x: Tensor) -> list[Tensor]:
    variants: list[dict[str, Any]] = [
        {"kernel_size": 3},
        {"kernel_size": 3, "padding": "same", "depth_multiplier": 2},
        {"kernel_size": 5, "strides": 2, "padding": "same", "use_bias": False},
        {"kernel_size": (3, 2), "activation": "tanh"},
        {"kernel_size": 3, "dilation_rate": 2, "padding": "same"},
    ]
    return [k.layers.SeparableConv2D(7, **options, name=f"separable_{i}")(x) for i, options in enumerate(variants)]


def transposed_convolutions(k: ModuleType, x: Tensor) -> list[Tensor]:
    variants: list[dict[str, Any]] = [
        {"kernel_size": size, "strides": stride, "padding": padding}
        for padding in ("valid", "same")
        for size, stride in [(1, 1), (3, 1), (3, 2), (2, 2), (4, 2), ((5, 3), (2, 3)), (2, 3)]
    ]
    variants += [
        {"kernel_size": 3, "strides": 2, "padding": "same", "output_padding": (0, 1)},
        {"kernel_size": 3, "strides": 3, "padding": "valid", "output_padding": 2, "use_bias": False},
        {"kernel_size": 3, "padding": "same", "activation": "tanh"},
    ]
    return [k.layers.Conv2DTranspose(5, **options, name=f"transposed_{i}")(x) for i, options in enumerate(variants)]


def upsampling(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers = k.layers
    return [
        layers.UpSampling2D(name="nearest")(x),
        layers.UpSampling2D((3, 2), name="nearest_uneven")(x),
        layers.UpSampling2D(2, interpolation="bilinear", name="bilinear")(x),
        layers.UpSampling2D((2, 5), interpolation="bilinear", name="bilinear_uneven")(x),
        layers.Permute((2, 3, 1), name="permute")(x),
        layers.Permute((3, 2, 1), name="permute_back")(x),
    ]


def other_normalizations(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers = k.layers
    x = layers.Conv2D(12, 1, kernel_initializer=k.initializers.RandomUniform(-5, 5, seed=3), name="spread")(x)
    built = [
        layers.LayerNormalization(name="layer")(x),
        layers.LayerNormalization(epsilon=1e-6, center=False, name="layer_no_center")(x),
        layers.LayerNormalization(axis=[2, 3], scale=False, name="layer_two_axes")(x),
        layers.LayerNormalization(name="layer_on_vectors")(layers.GlobalAveragePooling2D(name="flat")(x)),
    ]
    for groups in (1, 3, 12, -1):
        built.append(layers.GroupNormalization(groups, name=f"groups_{groups}".replace("-1", "each"))(x))
    built.append(layers.GroupNormalization(4, epsilon=0.1, scale=False, name="groups_no_scale")(x))
    return built


def noise(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers = k.layers
    return [
        layers.GaussianNoise(0.5, name="gaussian_noise")(x),
        layers.GaussianDropout(0.3, name="gaussian_dropout")(x),
        layers.SpatialDropout2D(0.3, name="spatial_dropout")(x),
    ]


def pooling(k: ModuleType, x: Tensor) -> list[Tensor]:
    built = []
    windows = [(2, None), (3, 1), (3, 2), ((3, 2), None), (2, 3), (1, 2)]
    for kind in ("MaxPooling2D", "AveragePooling2D"):
        for padding in ("valid", "same"):
            for size, stride in windows:
                layer = getattr(k.layers, kind)(size, stride, padding, name=f"{kind.lower()}_{len(built)}")
                built.append(layer(x))
    for kind in ("GlobalMaxPooling2D", "GlobalAveragePooling2D"):
        for keep in (False, True):
            built.append(getattr(k.layers, kind)(keepdims=keep, name=f"{kind.lower()}_{keep}".lower())(x))
    return built


def batch_normalization(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers, x = k.layers, spread(k, x)
    flat = layers.GlobalAveragePooling2D(name="flat")(x)
    return [
        layers.BatchNormalization(name="plain")(x),
        layers.BatchNormalization(scale=False, name="no_scale")(x),
        layers.BatchNormalization(center=False, name="no_center")(x),
        layers.BatchNormalization(scale=False, center=False, epsilon=0.1, name="neither")(x),
        layers.BatchNormalization(axis=3, epsilon=1.001e-5, momentum=0.9, name="axis_3")(x),
        layers.BatchNormalization(name="on_vectors")(flat),
    ]


def shapes_and_scales(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers = k.layers
    return [
        layers.ZeroPadding2D(2, name="pad")(x),
        layers.ZeroPadding2D((1, 3), name="pad_pair")(x),
        layers.ZeroPadding2D(((0, 1), (2, 0)), name="pad_asymmetric")(x),
        layers.Cropping2D(1, name="crop")(x),
        layers.Cropping2D(((1, 0), (2, 3)), name="crop_asymmetric")(x),
        layers.Flatten(name="flatten")(x),
        layers.Reshape((WIDTH, HEIGHT * CHANNELS), name="reshape")(x),
        layers.Reshape((-1, CHANNELS), name="reshape_open")(x),
        layers.Dropout(0.5, name="dropout")(x),
        layers.Rescaling(2.5, offset=-0.25, name="rescaling")(x),
        layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 1.5, 2.5], name="normalization")(x),
        layers.Dense(5, name="dense_on_pixels")(x),
    ]


def merges(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers = k.layers
    a, b, c = (layers.Conv2D(4, 3, name=f"branch_{letter}")(x) for letter in "abc")
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="gate")(b)
    return [
        layers.Add(name="add")([a, b]),
        layers.Add(name="add_three")([a, b, c]),
        layers.Multiply(name="multiply")([a, b]),
        layers.Multiply(name="multiply_broadcast")([a, gate]),
        layers.Average(name="average")([a, b, c]),
        layers.Maximum(name="maximum")([a, b]),
        layers.Minimum(name="minimum")([a, b, c]),
        layers.Subtract(name="subtract")([a, b]),
        layers.Concatenate(name="concatenate")([a, b]),
        layers.Concatenate(name="concatenate_swapped")([b, a]),
        layers.Concatenate(axis=1, name="concatenate_rows")([a, b]),
        layers.Concatenate(axis=2, name="concatenate_columns")([a, b, c]),
    ]


def vectors(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers = k.layers
    x = layers.Flatten(name="flatten")(x)
    hidden = layers.Dense(9, activation="relu", name="hidden")(x)
    return [
        layers.Dense(4, use_bias=False, name="no_bias")(hidden),
        layers.Dense(4, activation="softmax", name="softmax")(hidden),
        layers.Dense(1, activation="sigmoid", name="sigmoid")(hidden),
    ]


def dots(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers = k.layers
    flat = [layers.GlobalAveragePooling2D(name=f"flat_{i}")(layers.Conv2D(6, 3, name=f"conv_{i}")(x)) for i in range(2)]
    rows = layers.Reshape((WIDTH * HEIGHT, CHANNELS), name="rows")(x)
    return [
        layers.Dot(1, name="dot")(flat),
        layers.Dot(1, normalize=True, name="cosine")(flat),
        layers.Dot((1, 1), name="gram")([rows, rows]),
        layers.Dot((2, 2), normalize=True, name="likeness")([rows, rows]),
    ]


def constants(k: ModuleType, x: Tensor) -> list[Tensor]:
    """Operations that are no layers, as MobileNetV3 has them and as people write them."""
    x = spread(k, x)
    name = k.layers.Activation
    if k.__name__ == "tf_keras":
        import tensorflow as tf

        relu6, mean, joined = tf.nn.relu6, partial(tf.reduce_mean, axis=[1, 2]), partial(tf.concat, axis=-1)
    else:
        relu6, mean, joined = k.ops.relu6, partial(k.ops.mean, axis=(1, 2)), partial(k.ops.concatenate, axis=-1)
    steep = x * 2.0
    values = [
        relu6(x + 3.0) * (1.0 / 6.0), 2.0 - x, x / 4.0 - 1.5, -x, 0.5 + steep, x * steep, x - steep, mean(x), joined([x, steep]),
    ]  # fmt: skip
    return [name("linear", name=f"value_{i}")(value) for i, value in enumerate(values)]


def scale_lambda(k: ModuleType, x: Tensor) -> list[Tensor]:
    """The scaled sum of InceptionResNetV2 as versions of Keras wrote it before it was a layer of its own."""
    source = "lambda inputs, scale: inputs[0] + inputs[1] * scale"
    function = eval(compile(source, "keras_applications/inception_resnet_v2.py", "eval"))  # noqa: S307
    up = k.layers.Conv2D(3, 1, name="block35_1_conv")(x)
    return [k.layers.Lambda(function, output_shape=(HEIGHT, WIDTH, 3), arguments={"scale": 0.17}, name="block35_1")([x, up])]


def shared_layer(k: ModuleType, x: Tensor) -> list[Tensor]:
    layers = k.layers
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    once = shared(x)
    twice = shared(layers.Activation("tanh", name="between")(once))
    return [layers.Add(name="both")([once, twice])]


def topics(k: ModuleType) -> Iterator[tuple[str, Topic]]:
    yield "activations", activations
    yield "activation layers", activation_layers
    yield "Conv2D", convolutions
    if k.__name__ != "tf_keras":  # TensorFlow has no grouped convolution for CPUs
        yield "Conv2D groups", grouped_convolutions
    yield "DepthwiseConv2D", depthwise_convolutions
    yield "SeparableConv2D", separable_convolutions
    yield "Conv2DTranspose", transposed_convolutions
    yield "UpSampling2D and Permute", upsampling
    yield "LayerNormalization and GroupNormalization", other_normalizations
    yield "noise", noise
    yield "pooling", pooling
    yield "BatchNormalization", batch_normalization
    yield "shapes and scales", shapes_and_scales
    yield "merges", merges
    yield "dense", vectors
    yield "Dot", dots
    yield "constants in the graph", constants
    yield "InceptionResNetV2's Lambda", scale_lambda
    yield "a shared layer", shared_layer


def make(k: ModuleType, topic: Topic, folder: Path) -> Case:
    k.utils.set_random_seed(5)
    x = k.Input((HEIGHT, WIDTH, CHANNELS), name="picture")
    model = k.Model(x, topic(k, x))
    shake(model)
    model.save(folder / "model.h5")
    images = pictures(3, HEIGHT, WIDTH, CHANNELS)
    names = list(model.output_names)
    return Case(folder / "model.h5", images, "tf", outputs(k, model, names, preprocessed(images, "tf")))


def checks(place: Place) -> Iterator[Check]:
    for flavour, library in flavours():
        for name, topic in topics(library):
            yield case_check(f"{flavour} file, layers, {name}", place, partial(make, library, topic))
