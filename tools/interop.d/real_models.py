"""Real files by other people, from Keras 1 to tf.keras 2.8, judged by tf_keras where it opens them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from case import Case, case_check
from check import Check, Failed
from judge import Model, keras2, load, output, outputs
from pictures import photographs, pictures, preprocessed
from place import Place
from squeezenet import FIRES, squeezenet

MOBILENET = "weights/mobilenet_v1_0.25_224/mobilenet_v1_0.25_224.h5"
SQUEEZENET = "weights/squeezenet_v1.1_notop/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
TEACHABLE_MACHINE = "models/teachable_machine_waste/keras_model.h5"
FLAT = {
    MOBILENET: "tf",
    "models/mlperf_tiny/pretrainedResnet.h5": "none",
    "models/mlperf_tiny/vww_96.h5": "unit",
    "models/mini_xception/fer2013_mini_XCEPTION.119-0.65.hdf5": "tf",
}
SMALL_MODELS = "models/keras2_cnn"
REFUSED = 65  # sysexits: the data are not as they must be


def images_for(place: Place, model: Model) -> np.ndarray:
    """Two pictures of waves; and, for a network that sees photographs, the two photographs."""
    _, height, width, channels = model.input_shape
    made = pictures(2, height, width, channels)
    return made if (height, channels) != (224, 3) else np.concatenate([made, photographs(place.real("weights/imagenet"))])


def every_layer(place: Place, name: str, preprocessing: str, folder: Path) -> Case:
    """Each layer of a flat model."""
    k = keras2()
    model = load(k, place.real(name))
    images = images_for(place, model)
    layers = [layer.name for layer in model.layers if type(layer).__name__ != "InputLayer"]
    expected = outputs(k, model, layers, preprocessed(images, preprocessing))
    return Case(place.real(name), images, preprocessing, expected)


def teachable_machine(place: Place, folder: Path) -> Case:
    """Sequential(Sequential(MobileNetV2, pooling), Sequential(Dense, Dense)): what the two hand on."""
    model = load(keras2(), place.real(TEACHABLE_MACHINE))
    images = images_for(place, model)
    base, head = model.layers
    features = base(preprocessed(images, "tf"), training=False)
    expected = {f"{base.name}/{base.layers[-1].name}": np.asarray(features)}
    for layer in head.layers:
        features = layer(features)
        expected[f"{head.name}/{layer.name}"] = np.asarray(features)
    return Case(place.real(TEACHABLE_MACHINE), images, "tf", expected)


def squeezenet_features(place: Place, folder: Path) -> Case:
    k = keras2()
    model = squeezenet(k, 224)
    model.load_weights(place.real(SQUEEZENET))
    images = images_for(place, model)
    layers = [f"{fire}/concat" for fire in FIRES]
    expected = outputs(k, model, layers, preprocessed(images, "caffe"))
    return Case(place.real(SQUEEZENET), images, "caffe", expected, ("--architecture", "SqueezeNet", "--input-size", "224", "224"))


def small_model(place: Place, file: Path) -> str:
    """Runs as in Keras, behind a picture where none can feed it; or is refused with a layer's name."""
    outcome = place.tool.run("summary", file, "--json")
    names = layer_names(file)
    if outcome.status == REFUSED:
        if not any(name in outcome.messages for name in names):
            raise Failed(f"refused without naming a layer: {outcome.messages.strip()[:200]}")
        return f"refused, naming the layer: {outcome.messages.strip().splitlines()[-1][:120]}"
    found, expected = json.loads(outcome.succeeded().output)["parameters"], stored_numbers(file)
    if found != expected:
        raise Failed(f"{found} parameters, expected {expected}")
    if not takes_pictures(file):
        # TensorFlow has no convolution with channels first on a CPU, and no Keras of today opens a file of Keras 1.
        if "channels_first" in configuration(file) or is_of_keras1(file):
            return f"loaded, {found} parameters"
        return case_check(file.stem, place, partial(behind_a_picture, place, file)).run()
    check = case_check(file.stem, place, partial(every_layer, place, f"{SMALL_MODELS}/{file.name}", "tf"))
    return check.run()


def is_of_keras1(file: Path) -> bool:
    with h5py.File(file) as root:
        version = root.attrs.get("keras_version", b"1")
    return (version.decode() if isinstance(version, bytes) else version).startswith("1")


def behind_a_picture(place: Place, file: Path, folder: Path) -> Case:
    """A model that takes no pictures, with a layer in front that makes its input of the pixels of a grey one.

    That is another file; of the original the weights are compared, as the tool reads and writes them."""
    k = keras2()
    model = load(k, file)
    place.tool.run("convert", file, folder / "again.h5").succeeded()
    for ours, theirs in zip(load(k, folder / "again.h5").get_weights(), model.get_weights(), strict=True):
        if not np.array_equal(ours, theirs):
            raise Failed("weights differ once they were read and written here")
    shape = model.input_shape[1:]
    whole = k.Sequential([k.layers.Input((1, int(np.prod(shape)), 1)), k.layers.Reshape(shape, name="pixels"), model])
    whole.save(folder / "whole.h5")
    images = pictures(5, 1, int(np.prod(shape)), 1)
    last = model.layers[-1].name
    return Case(folder / "whole.h5", images, "tf", {f"{model.name}/{last}": output(whole, preprocessed(images, "tf"))})


def configuration(file: Path) -> str:
    with h5py.File(file) as root:
        value = root.attrs["model_config"]
    return value.decode() if isinstance(value, bytes) else value


def layer_names(file: Path) -> list[str]:
    config = json.loads(configuration(file))["config"]
    layers = config if isinstance(config, list) else config["layers"]
    return [layer["config"]["name"] for layer in layers]


def takes_pictures(file: Path) -> bool:
    """Whether the first layer takes rows × columns × grey or RGB; other inputs cannot come from a picture file."""
    config = json.loads(configuration(file))["config"]
    first = (config if isinstance(config, list) else config["layers"])[0]["config"]
    shape = first.get("batch_input_shape", [])
    return len(shape) == 4 and shape[3] in (1, 3) and "channels_first" not in configuration(file)


def stored_numbers(file: Path) -> int:
    sizes: list[int] = []
    with h5py.File(file) as root:
        root["model_weights"].visititems(lambda _, item: sizes.append(item.size) if isinstance(item, h5py.Dataset) else None)
    return sum(sizes)


def checks(place: Place) -> Iterator[Check]:
    for name, preprocessing in FLAT.items():
        yield case_check(f"real file, {Path(name).stem}, every layer", place, partial(every_layer, place, name, preprocessing))
    yield case_check("real file, Teachable Machine", place, partial(teachable_machine, place))
    yield case_check("real file, SqueezeNet 1.1", place, partial(squeezenet_features, place))
    folder = place.data / SMALL_MODELS
    if not folder.is_dir():
        yield Check("real files, small models", lambda: str(place.real(SMALL_MODELS)))
    for file in sorted(folder.glob("*.h5")):
        yield Check(f"real file, {file.stem}", partial(small_model, place, file))
