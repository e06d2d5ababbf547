"""The lecture's “… due to saturation”: is it saturation that keeps deep networks of logistic units from learning?"""

from .....reference.libraries import FRAMEWORKS
from ....language import claim, population
from ...shared.wrongs import arm_for_arm
from . import design

due_to_saturation = claim(
    "activations.due_to_saturation",
    """
    “Due to saturation” as a reason says two things of logistic units that do not learn, and both are read from the
    sentence: that saturation keeps a network from learning, and that a network which does not learn is kept from it
    by saturation. The first is so, and speaks for it. Three layers learn at a rate of 3; at 10 their top layer
    saturates within a few steps, and they hardly learn; with a top layer that is saturated from the start they do
    not, at the rate of 3. The second is not so of deep networks, and speaks against it. Six hidden layers do not
    learn although hardly a unit of them is saturated at any time; 4σ(z) − 2, which is saturated at the very same z,
    and no less often, learns, and so does ReLU, which is saturated for more than half of the images. There the
    gradient shrinks because σ′ ≤ ¼, at 0 too: to about a quarter at each layer.

    Scope: 8 × 8 digits, 32 units in a layer, Glorot’s weights, 150 steps; a unit counts as saturated where its slope
    is below 5 % of the largest, so ReLU where it is 0. So saturation is enough to keep a network from learning, and
    six layers of logistic units fail without it

    Finding: for: three layers, once saturated, lose {where its top layer saturates a network learns less} of
    accuracy; against: six layers fail with {six layers do not learn though hardly a unit is saturated at any time} of
    their units saturated

    Notes: That a saturated unit passes no gradient on is not in dispute: see activations.saturation, where the slope
    vanishes and a hidden bias of 6 leaves a ten-thousandth of the gradient or less. Nor is it that logistic units
    make bad hidden layers: they do, in six layers. What is in dispute is the reason: saturation is enough, and it is
    not what it takes. That the top layer saturates at the rate of 10 is a control and speaks for nothing by itself; a
    rate as large may do harm in other ways too, so the same layer is saturated by its bias as well. That three layers
    which have learned are partly saturated, about a third of the most saturated layer’s units, shows that saturation
    at the end need not hinder.

    Elsewhere: gradient descent is run in PyTorch and TensorFlow; the NumPy reference is what their trajectories are
    held against

    Sources:
    - Glorot & Bengio (2010), PMLR 9:249: the top hidden layer saturates early
    - Goodfellow, Bengio, Courville (2016), §6.3.2: “widespread saturation”
    - Pennington, Schoenholz, Ganguli (2017), arXiv 1711.04735: deep networks of sigmoidal units that learn, from
      orthogonal weights
    """,
    kind="statistical",
    expected="disputed",
    dtypes=("float64",),
    premises=("activations.saturation",),
)


@due_to_saturation.case(
    "over seeds",
    backends=FRAMEWORKS,
    wrongs={
        "arms exchanged": {"compare": population.exchanged},
        "the logistic in place of the stretched one": arm_for_arm(
            "six_layers", "logistic", replaced="logistic_stretched"
        ),
        "ReLU in place of the logistic": arm_for_arm("six_layers", "relu", replaced="logistic"),
        "one learning rate under two names": arm_for_arm("three_layers", "3", replaced="10"),
    },
)
def over_seeds(case, *, compare=population.as_measured, arms=population.as_they_ran):
    experiments = ("six_layers", "three_layers")
    yield from population.study(case, design, experiments, compare=compare, arms=arms, followed="three_layers")
