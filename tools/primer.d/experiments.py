"""Everything that the articles show, by the names of the places where it is shown."""

from __future__ import annotations

from figures import Curves, Sheet
from running import Run
from tables import Arithmetic, Gradients, Results, Said

HEAD = "learning/head"
NETWORK = "learning/network"


def head(label: str, *settings: str) -> Run:
    return Run(label, HEAD, settings)


def network(label: str, *settings: str) -> Run:
    return Run(label, NETWORK, settings)


def activated(function: str) -> Run:
    settings = tuple(f"model.layers.{index}.activation={function}" for index in range(4))
    return Run(function, NETWORK, settings, shown=f"`--set model.layers.0.activation={function}`, and so for 1, 2 and 3")


def few(label: str, *settings: str) -> Run:
    return Run(label, "learning/few", settings)


def relabelled(label: str, run: Run) -> Run:
    return Run(label, run.recipe, run.settings)


GUESS = head("guessing", "phases.0.optimizer.learning_rate=0", "phases.0.epochs=1")
MINI = head("mini-batch, 32")
BATCH = head("batch, all 960", "data.batch_size=960")
STOCHASTIC = head("stochastic, 1", "data.batch_size=1")

SLOW = "phases.0.optimizer.learning_rate=0.01"
PLAIN = head("plain", SLOW)
MOMENTUM = head("momentum", SLOW, "phases.0.optimizer.momentum=0.9")
NESTEROV = head("Nesterov", SLOW, "phases.0.optimizer.momentum=0.9", "phases.0.optimizer.nesterov=true")
AVERAGE = head("running average", SLOW, "phases.0.optimizer.momentum=0.9", "phases.0.optimizer.running_average=true")
ADAGRAD = head("Adagrad", 'phases.0.optimizer={"name": "adagrad", "learning_rate": 0.01}')
ADAM = head("Adam", 'phases.0.optimizer={"name": "adam", "learning_rate": 0.01}')

MINI_NETWORK = network("network")
ACTIVATIONS = tuple(activated(function) for function in ("relu", "leaky_relu", "tanh", "sigmoid"))
SIGMOIDS = Run("sigmoid", "vanishing-sigmoid")
RELUS = Run("ReLU", "vanishing-relu")

SGD = 'phases.0.optimizer={"name": "sgd", "learning_rate": 0.03, "momentum": 0.9}'
SCALED = tuple(
    network(label, SGD, f"model.preprocessing={mode}")
    for label, mode in (("0 to 255", "none"), ("[0, 1]", "unit"), ("[−1, 1]", "tf"), ("standardised", "torch"))
)

PIXELS = Run("softmax on colours", "learning/pixels")
BY_HEART = few("nothing")
L2 = few("L2", "l2=0.003")
DROPOUT = few("dropout", "model.layers.5.rate=0.5")
FLIPS = few("random flips", 'data.augment=[{"name": "random_flip"}]')
STOPPED = few("early stopping", 'early_stopping={"monitor": "val_loss", "patience": 10, "restore_best_weights": true}')

FEW = ("data.train=../runs/learning/few", "data.validation=../runs/demo-test-images")
BACKBONE = Run("the pretrained backbone", "demo", FEW)
SAME = Run("the backbone's architecture from nothing", "learning/from-nothing")

BLOCKS = [
    Results("guessing", "run", (GUESS, MINI)),
    Results("batches", "gradient descent", (BATCH, MINI, STOCHASTIC)),
    Results("optimizers", "optimiser", (PLAIN, MOMENTUM, NESTEROV, AVERAGE, ADAGRAD, ADAM)),
    Results("activations", "activation", ACTIVATIONS),
    Results("nine-layers", "nine layers of", (SIGMOIDS, RELUS)),
    Gradients("vanishing", (SIGMOIDS, RELUS)),
    Said("said-vanishing", SIGMOIDS),
    Results("scaling", "pixels", SCALED),
    Arithmetic("arithmetic", MINI_NETWORK),
    Results("bias", "model", (PIXELS, relabelled("four convolutions", BY_HEART))),
    Said("said-variance", BY_HEART),
    Results("regularisation", "against variance", (BY_HEART, L2, DROPOUT, FLIPS, STOPPED)),
    Results("transfer", "240 pictures", (relabelled("four convolutions from nothing", BY_HEART), SAME, BACKBONE)),
]


def losses(runs: tuple[Run, ...], column: str = "loss") -> tuple[tuple[str, Run, str], ...]:
    return tuple((run.label, run, column) for run in runs)


FIGURES = [
    Curves("batches", "training loss: how many pictures make a step", losses((BATCH, MINI, STOCHASTIC)), (0.0, 2.1)),
    Curves("optimizers", "training loss: how a step is made of gradients", losses((PLAIN, MOMENTUM, NESTEROV, ADAGRAD, ADAM)), (0.3, 2.1)),
    Curves("activations", "training loss: what stands between the layers", losses(ACTIVATIONS), (0.6, 2.2)),
    Curves("scaling", "training loss: what the pixels are scaled to", losses(SCALED[1:]), (0.7, 2.2)),
    Curves(
        "variance",
        "240 pictures by heart: loss on them, and on others",
        (
            ("training", BY_HEART, "loss"),
            ("validation", BY_HEART, "val_loss"),
            ("dropout, training", DROPOUT, "loss"),
            ("dropout, validation", DROPOUT, "val_loss"),
        ),
        (0.0, 3.6),
    ),
]

SHEETS = [Sheet("kernels", Run("kernels", "learning/kernels"), "kernels", "runs/learning/pictures/star/0000.png")]
