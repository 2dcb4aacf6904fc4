"""What Keras and Pillow make of a picture where augmentation here makes the same of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import PIL
from keras import layers
from PIL import Image, ImageEnhance, ImageOps

from writing import numbers, write


def picture(seed: int, *shape: int, whole: bool = False) -> np.ndarray:
    """Values from 0 to 255 in quarters, or whole; some of them 0, some 255."""
    generator = np.random.Generator(np.random.Philox(seed))
    values = generator.integers(-40, 1060, shape).clip(0, 1020) / 4
    return (np.floor(values) if whole else values).astype(np.float32)


PICTURES = {"colour": picture(1, 5, 6, 3), "grey": picture(2, 6, 5, 1), "whole": picture(3, 6, 7, 3, whole=True)}


def case(name: str, on: str, settings: dict[str, Any], *forms: np.ndarray, border: int = 0) -> dict[str, Any]:
    """Settings that leave nothing to chance but the choice between some forms.

    With a border so many pixels along the edges are not compared.
    """
    return {
        "name": name,
        "picture": on,
        "settings": {"name": name, **settings},
        "border": border,
        "forms": [numbers(np.asarray(form, np.float32)) for form in forms],
    }


def rotation(on: str, factor: float, **settings: Any) -> dict[str, Any]:
    layer = layers.RandomRotation((factor, factor), **settings)
    transformation = layer.get_random_transformation(PICTURES[on])
    return case(
        "random_rotation", on, {"factor": [factor, factor], **settings}, layer.transform_images(PICTURES[on], transformation)
    )


def zoom(on: str, height: float, width: float | None, **settings: Any) -> dict[str, Any]:
    layer = layers.RandomZoom((height, height), None if width is None else (width, width), **settings)
    transformation = layer.get_random_transformation(PICTURES[on])
    return case(
        "random_zoom",
        on,
        {"height_factor": [height, height], "width_factor": None if width is None else [width, width], **settings},
        layer.transform_images(PICTURES[on], transformation),
    )


def translation(on: str, height: float, width: float, **settings: Any) -> dict[str, Any]:
    layer = layers.RandomTranslation((height, height), (width, width), **settings)
    transformation = layer.get_random_transformation(PICTURES[on])
    return case(
        "random_translation",
        on,
        {"height_factor": [height, height], "width_factor": [width, width], **settings},
        layer.transform_images(PICTURES[on], transformation),
    )


def shear(on: str, x: float, y: float, **settings: Any) -> dict[str, Any]:
    layer = layers.RandomShear((x, x), (y, y), **settings)
    forms = [
        layer.transform_images(PICTURES[on], {"shear_factor": np.array([[x, y]], np.float32) * sign}) for sign in (1, -1)
    ]
    return case("random_shear", on, {"x_factor": [x, x], "y_factor": [y, y], **settings}, *forms)


def colour(layer: layers.Layer, transformation: Any, on: str) -> np.ndarray:
    """Of a layer that is told that values reach from 0 to 1."""
    return 255 * np.asarray(layer.transform_images(PICTURES[on][None] / 255, transformation))[0]


def cases() -> list[dict[str, Any]]:
    found = []
    for fill_mode in ("reflect", "constant", "wrap", "nearest"):
        settings: dict[str, Any] = {"fill_mode": fill_mode, "fill_value": 7.0}
        found += [
            rotation("colour", 0.1, **settings),
            rotation("grey", -0.3, **settings),
            zoom("colour", 0.9, None, **settings),
            zoom("grey", -0.4, 0.7, **settings),
            translation("colour", 0.33, -0.81, **settings),
            translation("grey", -1.0, 0.6, **settings),
            shear("colour", 0.3, 0.2, **settings),
        ]
    found += [
        rotation("colour", 0.25),
        rotation("colour", 0.13, interpolation="nearest"),
        zoom("colour", 0.37, -0.2, interpolation="nearest"),
        shear("grey", 0.9, 0.0, interpolation="nearest"),
    ]
    for on in ("colour", "grey"):
        for factor in (-0.3, 0.45):
            # It adds in place.
            image = layers.RandomBrightness((factor, factor)).transform_images(
                PICTURES[on].copy(), {"rgb_delta": np.float32(255 * factor)}
            )
            found.append(case("random_brightness", on, {"factor": [factor, factor]}, image))
    for factor in (0.0, 0.2, 0.45, 0.7):
        layer = layers.RandomSaturation((factor, factor), value_range=(0, 1))
        transformation = {"factor": np.array([factor / (1 - factor)], np.float32)}
        found.append(case("random_saturation", "colour", {"factor": [factor, factor]}, colour(layer, transformation, "colour")))
    for factor in (0.15, 0.6, 0.95):
        layer = layers.RandomHue((factor, factor), value_range=(0, 1))
        forms = [colour(layer, {"factor": np.array([sign * factor * 0.5], np.float32)}, "colour") for sign in (1, -1)]
        found.append(case("random_hue", "colour", {"factor": [factor, factor]}, *forms))
    grey = keras.ops.image.rgb_to_grayscale(PICTURES["colour"])
    found.append(case("random_grayscale", "colour", {"factor": 1}, np.repeat(np.asarray(grey), 3, -1)))
    for size, sigma in ((3, 1.0), (5, 0.7)):
        blurred = keras.ops.image.gaussian_blur(PICTURES["colour"], (size, size), (sigma, sigma))
        settings = {"factor": [1, 1], "kernel_size": size, "sigma": sigma}
        found.append(case("random_gaussian_blur", "colour", settings, blurred, border=size // 2))
    return found


def operations() -> list[dict[str, Any]]:
    """What RandAugment and AugMix choose from, where it is not one of the above. Pillow rounds."""
    whole = PICTURES["whole"]
    image = Image.fromarray(whole.astype(np.uint8))
    strength = 0.5

    def operation(name: str, result: Any, tolerance: float, strength: float = strength) -> dict[str, Any]:
        return {"name": name, "strength": strength, "tolerance": tolerance, "result": numbers(np.asarray(result, np.float32))}

    def enhanced(kind: Any, strength: float) -> Any:
        return kind(image).enhance(1 + 0.9 * strength)

    return [
        operation("autoContrast", layers.AutoContrast().transform_images(whole[None]), 1e-3),
        operation("equalize", layers.Equalization().transform_images(whole, None), 1e-3),
        operation("posterize", ImageOps.posterize(image, 8 - 2), 1e-3),
        operation("posterize", ImageOps.posterize(image, 4), 1e-3, -1.0),
        operation("solarize", ImageOps.solarize(image, 128), 1e-3),
        operation("brightness", enhanced(ImageEnhance.Brightness, 0.5), 1.01),
        operation("brightness", enhanced(ImageEnhance.Brightness, -0.7), 1.01, -0.7),
        operation("color", enhanced(ImageEnhance.Color, 0.5), 1.6),
        operation("color", enhanced(ImageEnhance.Color, -1.0), 1.6, -1.0),
        operation("sharpness", enhanced(ImageEnhance.Sharpness, 0.5), 1.6),
        operation("sharpness", enhanced(ImageEnhance.Sharpness, -0.5), 1.6, -0.5),
    ]


if __name__ == "__main__":
    write(
        {
            "made_by": f"keras {keras.__version__} on {keras.backend.backend()}, pillow {PIL.__version__}",
            "pictures": {name: {"shape": list(image.shape), "values": numbers(image)} for name, image in PICTURES.items()},
            "cases": cases(),
            "operations": operations(),
        },
        Path(__file__).with_name("augmentations.json"),
    )
