"""The same model with its tensors stored in every form that Keras reads: compressed, half and double, big-endian."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from case import Case, case_check
from check import Check, Failed
from judge import keras3, output, shake
from pictures import pictures, preprocessed
from place import Place

FORMS: dict[str, dict[str, object]] = {
    "gzip and shuffle": {"compression": "gzip", "shuffle": True, "chunks": True},
    "double": {"dtype": "<f8"},
    "big-endian": {"dtype": ">f4"},
    "half": {"dtype": "<f2"},
}

# Newer forms of the file as a whole, by the versions of libhdf5 that h5py names.
FILES: dict[str, tuple[str, str]] = {"superblock 2": ("v108", "v108"), "superblock 3": ("v110", "v110"), "latest": ("latest", "latest")}


def store_again(file: Path, form: dict[str, object]) -> None:
    with h5py.File(file, "r+") as root:
        names: list[str] = []
        root["model_weights"].visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        for name in names:
            values = root["model_weights"][name][()]
            del root["model_weights"][name]
            root["model_weights"].create_dataset(name, data=values, **form)


def write_again(file: Path, versions: tuple[str, str]) -> None:
    """The same content in a file of a newer form; its superblock's version is the byte behind the signature."""
    old = file.rename(file.with_suffix(".old"))
    with h5py.File(old) as source, h5py.File(file, "w", libver=versions) as target:
        for name in source:
            source.copy(name, target)
        for name, value in source.attrs.items():
            target.attrs[name] = value
    if file.read_bytes()[8] < 2:
        raise Failed("h5py wrote a file of the old form")


def write_with_wide_nodes(file: Path) -> None:
    """The same content in a file whose trees of chunks have wider nodes than usual: only then is a superblock of version 1.

    h5py has no name for that setting, so the libhdf5 that it has loaded is asked."""
    maps = Path("/proc/self/maps").read_text().split()
    library = ctypes.CDLL(next(path for path in maps if "/libhdf5" in path and "_hl" not in path))
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    if library.H5Pset_istore_k(ctypes.c_int64(creation.id), ctypes.c_uint(64)) < 0:
        raise Failed("libhdf5 did not take the width of the nodes")
    old = file.rename(file.with_suffix(".old"))
    made = h5py.h5f.create(str(file).encode(), h5py.h5f.ACC_TRUNC, creation)
    with h5py.File(old) as source, h5py.File(made) as target:
        for name in source:
            source.copy(name, target)
        for name, value in source.attrs.items():
            target.attrs[name] = value
    if file.read_bytes()[8] != 1:
        raise Failed("libhdf5 wrote a superblock of another version")


def make(form: str, folder: Path) -> Case:
    k = keras3()
    k.utils.set_random_seed(11)
    layers = k.layers
    chain = [layers.Conv2D(6, 3, name="conv"), layers.BatchNormalization(name="norm"), layers.Flatten(name="flat")]
    model = k.Sequential([k.Input((8, 8, 3)), *chain, layers.Dense(4, name="dense")])
    shake(model)
    if form == "half":  # the numbers that the file will hold
        model.set_weights([w.astype(np.float16).astype(np.float32) for w in model.get_weights()])
    model.save(folder / "model.h5")
    if form in FORMS:
        store_again(folder / "model.h5", FORMS[form])
    elif form == "superblock 1":
        store_again(folder / "model.h5", FORMS["gzip and shuffle"])
        write_with_wide_nodes(folder / "model.h5")
    else:
        write_again(folder / "model.h5", FILES[form])
    images = pictures(3, 8, 8, 3)
    return Case(folder / "model.h5", images, "tf", {"dense": output(model, preprocessed(images, "tf"))})


def checks(place: Place) -> Iterator[Check]:
    for form in FORMS:
        yield case_check(f"Keras 3 file, tensors stored as {form}", place, partial(make, form))
    for form in ["superblock 1", *FILES]:
        yield case_check(f"Keras 3 file, {form} form of HDF5", place, partial(make, form))
