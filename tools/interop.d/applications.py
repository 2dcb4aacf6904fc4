"""keras.applications with weights of no meaning, written by Keras, as whole models and as weights alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

from case import Case, case_check
from check import Check
from judge import Model, flavours, outputs, save_weights_alone, settle, shake
from keras1_names import rename_as_keras1
from pictures import pictures, preprocessed
from place import Place

MOBILENET_ALPHAS = (0.25, 0.5, 0.75, 1.0)
MOBILENET_V2_ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)


@dataclass(frozen=True)
class Network:
    name: str
    preprocessing: str
    layers: tuple[str, ...]  # to compare: one in the middle and the last without the top
    size: int = 64
    alpha: float | None = None

    @property
    def title(self) -> str:
        return self.name if self.alpha is None else f"{self.name} {self.alpha}"

    @property
    def named(self) -> tuple[str, ...]:
        return ("--architecture", self.name, *(() if self.alpha is None else ("--alpha", str(self.alpha))))

    @property
    def options(self) -> tuple[str, ...]:
        return (*self.named, "--input-size", str(self.size), str(self.size))

    def build(
        self, library: ModuleType, top: bool, shape: tuple[int, int] | None = None, channels: int = 3,
        activation: str | None = "softmax", shakes: bool = True,
    ) -> Model:  # fmt: skip
        library.utils.set_random_seed(3)
        width = {} if self.alpha is None else {"alpha": self.alpha}
        extents = shape or (self.size, self.size)
        head = {"classes": 10, "classifier_activation": activation} if top else {}
        build = getattr(library.applications, self.name)
        model = build(weights=None, include_top=top, input_shape=(*extents, channels), **head, **width)
        if shakes:
            shake(model)
            settle(model)
        return model


VGG16 = Network("VGG16", "caffe", ("block3_pool", "block5_pool"), size=48)
VGG19 = Network("VGG19", "caffe", ("block3_pool", "block5_pool"), size=48)
RESNET50 = Network("ResNet50", "caffe", ("conv3_block4_out", "conv5_block3_out"))
MOBILENETS = [Network("MobileNet", "tf", ("conv_pw_6_relu", "conv_pw_13_relu"), alpha=a) for a in MOBILENET_ALPHAS]
MOBILENETS_V2 = [
    Network("MobileNetV2", "tf", ("block_6_expand_relu", "block_16_project_BN", "out_relu"), alpha=a)
    for a in MOBILENET_V2_ALPHAS
]

INCEPTIONS = [
    Network("InceptionV3", "tf", ("mixed4", "mixed10"), size=75),
    Network("InceptionResNetV2", "tf", ("block17_5_mixed", "conv_7b_ac"), size=75),
    Network("Xception", "tf", ("block5_sepconv3_bn", "block14_sepconv2_act"), size=71),
]
DENSENETS = [Network(f"DenseNet{n}", "torch", ("pool3_conv", "relu")) for n in (121, 169, 201)]
MOBILENETS_V3 = [
    Network(f"MobileNetV3{size}", "none", ("expanded_conv_6_project_bn", "conv_1_bn"), alpha=alpha)
    for size in ("Small", "Large")
    for alpha in (0.75, 1.0)
]
EFFICIENTNETS = [Network(f"EfficientNetB{n}", "none", ("block4a_project_bn", "top_activation")) for n in range(8)]
EFFICIENTNETS_V2 = [
    Network(f"EfficientNetV2{v}", "none", ("block4a_project_bn", "top_activation"))
    for v in ("B0", "B1", "B2", "B3", "S", "M", "L")
]
CONVNEXTS = [
    Network(f"ConvNeXt{v}", "none", tuple(f"convnext_{v.lower()}_stage_{s}_block_2_layer_scale" for s in (1, 3)))
    for v in ("Tiny", "Small", "Base", "Large", "XLarge")
]
NASNETS = [Network(f"NASNet{v}", "tf", ("normal_concat_2", "normal_concat_12")) for v in ("Mobile", "Large")]
RESNETS = [Network(f"ResNet{n}", "caffe", ("conv3_block4_out", "conv5_block3_out")) for n in (101, 152)]
RESNETS_V2 = [Network(f"ResNet{n}V2", "tf", ("conv3_block4_out", "post_relu")) for n in (50, 101, 152)]

# One of each family: what every run checks. `--all` checks every architecture, in both directions (architectures.py).
FAMILIES = [
    INCEPTIONS[0], INCEPTIONS[2], DENSENETS[0], MOBILENETS_V3[1], EFFICIENTNETS[0], EFFICIENTNETS_V2[0],
    CONVNEXTS[0], NASNETS[0], RESNETS_V2[0],
]


# Its whole-model files hold operations on constants, spelt in Keras 2 and 3 each in their own way, as are the layers' names.
WITH_CONSTANTS = Network("MobileNetV3Small", "none", (), alpha=1.0)


def whole_model(library: ModuleType, network: Network, folder: Path) -> Case:
    model = network.build(library, top=True, activation=None)
    model.save(folder / "model.h5")
    return compared(library, model, network, folder / "model.h5", (*network.layers, model.layers[-1].name))


def weights_alone(library: ModuleType, network: Network, folder: Path) -> Case:
    model = network.build(library, top=False)
    save_weights_alone(library, model, folder / "weights.h5")
    return compared(library, model, network, folder / "weights.h5", network.layers, network.options)


def keras1_weights(library: ModuleType, network: Network, folder: Path) -> Case:
    case = weights_alone(library, network, folder)
    rename_as_keras1(case.file)
    return case


def compared(
    library: ModuleType, model: Model, network: Network, file: Path, layers: tuple[str, ...], options: tuple[str, ...] = ()
) -> Case:
    images = pictures(2, network.size, network.size, 3)
    x = preprocessed(images, network.preprocessing)
    return Case(file, images, network.preprocessing, outputs(library, model, layers, x), options)


def checks(place: Place) -> Iterator[Check]:
    for flavour, library in flavours():
        for network in (MOBILENETS[0], MOBILENETS_V2[0], VGG16, RESNET50, WITH_CONSTANTS):
            yield case_check(f"{flavour} file, {network.title}, whole", place, partial(whole_model, library, network))
        for network in (*MOBILENETS, *MOBILENETS_V2, VGG16, VGG19, RESNET50):
            name = f"{flavour} file, {network.title}, weights alone"
            yield case_check(name, place, partial(weights_alone, library, network))
    name, library = flavours()[0]
    for network in FAMILIES:
        yield case_check(f"{name} file, {network.title}, weights alone", place, partial(weights_alone, library, network))
    _, library = flavours()[-1]
    for network in (VGG16, RESNET50):
        name = f"Keras 1 names, {network.title}, weights alone"
        yield case_check(name, place, partial(keras1_weights, library, network))
