"""Lists of layers: the formulas against arrays that were really made, the frameworks' own reports, the table, the command, the page."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import sample_evidence as sample
from lectureclaims.claims.language.outcome import Outcome
from lectureclaims.claims.lecture.conv_layer.cost.networks import PUBLISHED
from lectureclaims.claims.networks import layers as built
from lectureclaims.reference import libraries, validation
from lectureclaims.reference.networks import layers
from lectureclaims.reference.operators.convolutions import cross_correlation, fully_connected
from lectureclaims.reference.operators.pooling import max_pooling
from lectureclaims.reports.formats import markdown
from lectureclaims.reports.front import terminal
from lectureclaims.reports.front.cli import main
from lectureclaims.reports.pictures import figures

ROOT = Path(__file__).parents[2]
FRAMEWORKS = pytest.mark.parametrize("name", ["torch", "tensorflow"])

EVERY_KIND = [
    {
        "kind": "convolution",
        "channels_out": 8,
        "kernel": [3, 2],
        "stride": [1, 2],
        "padding": [[1, 0], [0, 2]],
        "bias": False,
    },
    {"kind": "batch_norm"},
    {"kind": "prelu", "name": "trunk"},
    {"kind": "convolution", "channels_out": 8, "kernel": 3, "dilation": [2, 1], "padding": [2, 1], "groups": 4},
    {"kind": "absolute_value", "name": "left"},
    {"kind": "channels", "take": [0, 2, 4, 6, 1, 1, 3, 7], "from": "trunk", "name": "right"},
    {"kind": "add", "from": ["left", "right", "trunk"], "name": "sum"},
    {"kind": "max_pooling", "window": 3, "stride": 2, "padding": [[2, 1], [0, 2]]},
    {"kind": "average_pooling", "window": [1, 2], "padding": [0, 1]},
    {"kind": "leaky_relu", "name": "deep"},
    {"kind": "convolution", "channels_out": 4, "kernel": 3, "stride": 2, "padding": "same"},
    {"kind": "logistic"},
    {"kind": "global_average_pooling", "name": "one"},
    {"kind": "global_max_pooling", "from": "deep", "name": "other"},
    {"kind": "instance_norm", "from": "deep", "affine": False},
    {"kind": "instance_norm", "from": "deep"},
    {"kind": "layer_norm"},
    {"kind": "rms_norm", "on": "channels"},
    {"kind": "concatenate", "from": ["one", "other"]},
    {"kind": "relu"},
    {"kind": "group_norm", "groups": 3},
    {"kind": "layer_norm", "on": "channels"},
    {"kind": "rms_norm"},
    {"kind": "fully_connected", "features_out": 6, "on": "channels"},
    {"kind": "upsampling", "scale": [6, 4], "method": "bilinear"},
    {"kind": "upsampling", "size": [12, 8], "method": "bicubic"},
    {"kind": "adaptive_max_pooling", "size": [5, 3]},
    {"kind": "adaptive_average_pooling", "size": 2},
    {"kind": "flatten"},
    {"kind": "batch_norm"},
    {"kind": "fully_connected", "features_out": 5, "bias": False},
    {"kind": "dropout"},
    {"kind": "tanh"},
    *({"kind": kind} for kind in ("relu6", "softsign", "silu", "softplus", "elu", "celu", "selu")),
    *({"kind": kind} for kind in ("hard_sigmoid", "hard_swish", "hard_tanh", "log_softmax")),
    {"kind": "prelu"},
    {"kind": "fully_connected", "features_out": 3},
    {"kind": "softmax"},
]
SIZE = (3, 11, 14)


@pytest.fixture
def command(monkeypatch, capsys):
    """(exit code, what was printed, what was complained) of ``lecture-claims layers``, in this process."""
    monkeypatch.chdir(ROOT)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["lecture-claims", "layers", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


# --- the formulas ------------------------------------------------------------------------------------------------------


def test_sizes_and_counts_are_those_of_arrays_that_were_really_made():
    """The same network with the reference operators on ones: shapes as they come out, weights counted, products summed."""
    plain = {"padding": ((0, 0), (0, 0)), "dilation": (1, 1)}
    x = np.ones((1, 4, 9, 8))
    w = np.ones((6, 2, 3, 2))
    y = cross_correlation.cross_correlation2d(x, w, None, stride=(2, 1), groups=2, **plain)
    pooled = max_pooling.max_pooling2d(y, window=(2, 3), stride=(1, 2), padding=((1, 0), (1, 1)))
    v = np.ones((5, pooled[0].size))
    z = fully_connected.fully_connected(np.ones((1, pooled[0].size)), v, None)
    rows = layers.table(
        [
            {"kind": "convolution", "channels_out": 6, "kernel": [3, 2], "stride": [2, 1], "groups": 2},
            {"kind": "max_pooling", "window": [2, 3], "stride": [1, 2], "padding": [[1, 0], [1, 1]]},
            {"kind": "flatten"},
            {"kind": "fully_connected", "features_out": 5, "bias": False},
        ],
        (4, 9, 8),
    )
    assert [row.output for row in rows] == [y.shape[1:], pooled.shape[1:], (pooled[0].size,), z.shape[1:]]
    assert [row.parameters for row in rows] == [w.size + 6, 0, 0, v.size]
    assert [row.multiply_adds for row in rows] == [int(y.sum()), 0, 0, int(z.sum())]


def test_every_kind_is_known_and_used_here():
    assert {layer["kind"] for layer in EVERY_KIND} == set(layers.SETTINGS)


def test_a_branch_takes_what_it_names_and_the_next_layer_what_came_before_it():
    rows = {row.name: row for row in layers.table(EVERY_KIND, SIZE)}
    assert rows["trunk"].takes == ("batch_norm 2",) and rows["right"].takes == ("trunk",)
    assert rows["sum"].takes == ("left", "right", "trunk") and rows["convolution 1"].takes == ("input",)
    assert rows["concatenate 19"].output == (4 + 8, 1, 1)


@pytest.mark.parametrize(
    "layer, output",
    [
        ({"kind": "upsampling", "scale": 2}, (3, 22, 28)),
        ({"kind": "upsampling", "scale": [1.5, 0.7]}, (3, 16, 9)),
        ({"kind": "upsampling", "size": [5, 7]}, (3, 5, 7)),
        ({"kind": "adaptive_average_pooling", "size": 4}, (3, 4, 4)),
        ({"kind": "adaptive_max_pooling", "size": [1, 20]}, (3, 1, 20)),
    ],
)
def test_resampling_and_adaptive_windows_have_the_size_that_is_asked_for(load, layer, output):
    (row,) = layers.table([layer], SIZE)
    assert (row.output, row.parameters, row.multiply_adds) == (output, 0, 0)
    (report,) = load("torch").network_layers(layers.resolve([layer], SIZE), size=SIZE)
    assert report["output"] == output


@pytest.mark.parametrize(
    "settings, says",
    [
        ({}, r"layers\[1\].scale=None: expected either a scale or a size"),
        ({"scale": 2, "size": 4}, "expected either a scale or a size"),
        ({"scale": 0}, "expected a positive number, or \\[y, x\\]"),
        ({"scale": 0.01}, "one that leaves a pixel"),
        ({"scale": 2, "method": "cubic"}, "method='cubic': expected"),
    ],
)
def test_an_upsampling_that_makes_no_size_is_refused(settings, says):
    with pytest.raises(validation.BadInput, match=says):
        layers.table([{"kind": "upsampling", **settings}], SIZE)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_have_their_published_numbers(name):
    network = PUBLISHED[name]
    rows = layers.table(network.build(), network.size)
    assert sum(row.parameters for row in rows) == network.learned
    if network.multiply_adds:
        decimals = len(network.multiply_adds.partition(".")[2])
        work = sum(row.multiply_adds for row in rows)
        assert f"{work / 10**network.power:.{decimals}f}" == network.multiply_adds


def test_resnets_stages_end_in_the_papers_sizes():
    rows = {row.name: row.output for row in layers.table(PUBLISHED["ResNet-50"].build(), (3, 224, 224))}
    stages = [rows[name] for name in ("pool", "conv2_3", "conv3_4", "conv4_6", "conv5_3")]
    assert stages == [(64, 56, 56), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]


# --- the frameworks ----------------------------------------------------------------------------------------------------


@FRAMEWORKS
def test_a_framework_reports_every_kind_as_the_formulas_have_it(load, name):
    rows = layers.table(EVERY_KIND, SIZE)
    outcome = Outcome("value", load(name).network_layers(layers.resolve(EVERY_KIND, SIZE), size=SIZE))
    found = built.answer(name, outcome, rows)
    assert found.agrees, terminal.answer(found)
    assert found.untold == (1 if name == "tensorflow" else 0)  # the grouped convolution


@FRAMEWORKS
def test_a_framework_reports_another_network_otherwise(load, name):
    """So that agreeing means something: the report follows the layers that were built, not the formulas."""
    rows = layers.table(EVERY_KIND, SIZE)
    other = [layer | {"bias": True} if layer["kind"] == "convolution" else layer for layer in EVERY_KIND]
    other[10] = other[10] | {"stride": 1}
    outcome = Outcome("value", load(name).network_layers(layers.resolve(other, SIZE), size=SIZE))
    found = built.answer(name, outcome, rows)
    assert set(found.differences) == {"output", "parameters", "multiply_adds"}
    assert "convolution 1: 152, not 144" in terminal.answer(found)


# --- bad input ---------------------------------------------------------------------------------------------------------

CONVOLUTION = {"kind": "convolution", "channels_out": 4, "kernel": 3}
BAD = {
    "no layers": ([], "layers=[]: expected a list of at least one layer"),
    "no list": ({"kind": "relu"}, "layers={'kind': 'relu'}: expected a list"),
    "not a table": (["relu"], "layers[1]='relu': expected a table with a kind"),
    "no kind": ([{"channels_out": 3}], "layers[1].kind=None: expected one of convolution"),
    "no such kind": ([{"kind": "conv"}], "layers[1].kind='conv': expected one of convolution"),
    "kind is a list": ([{"kind": ["relu"]}], "layers[1].kind=['relu']: expected one of convolution"),
    "no such setting": ([CONVOLUTION | {"strides": 2}], "layers[1].strides=2: expected one of the settings"),
    "a setting is missing": ([{"kind": "convolution", "kernel": 3}], "layers[1].channels_out=None: expected a value"),
    "a fraction": ([CONVOLUTION | {"kernel": 1.5}], "layers[1].kernel[0]=1.5: expected a whole number"),
    "zero": ([CONVOLUTION | {"stride": 0}], "layers[1].stride[0]=0: expected a whole number of at least 1"),
    "three numbers": ([CONVOLUTION | {"kernel": [3, 3, 3]}], "layers[1].kernel=[3, 3, 3]: expected a pair (y, x)"),
    "negative padding": ([CONVOLUTION | {"padding": -1}], "layers[1].padding=[(-1, -1), (-1, -1)]: expected ((top"),
    "padding of no such name": (
        [CONVOLUTION | {"padding": "full"}],
        "layers[1].padding='full': expected a number of zeros",
    ),
    "bias is a number": ([CONVOLUTION | {"bias": 1}], "layers[1].bias=1: expected true or false"),
    "kernel too large": ([CONVOLUTION | {"kernel": 9}], "layers[1].kernel=9: expected a kernel that fits"),
    "groups do not divide": ([CONVOLUTION | {"groups": 2}], "layers[1].groups=2: expected a divisor"),
    "groups of a norm do not divide": (
        [{"kind": "group_norm", "groups": 2}],
        "layers[1].groups=2: expected a divisor of the 3 channels",
    ),
    "channels in": (
        [CONVOLUTION | {"channels_in": 4}],
        "layers[1].channels_in=4: expected 3, what the layer before it",
    ),
    "numbers, not an image": ([{"kind": "flatten"}, CONVOLUTION], "layers[2].kind='convolution': expected an image"),
    "an image, not numbers": (
        [{"kind": "fully_connected", "features_out": 2}],
        "layers[1].kind='fully_connected': expected numbers",
    ),
    "one input to add": ([{"kind": "add"}], "layers[1].from=['input']: expected two inputs or more"),
    "two inputs to relu": (
        [{"kind": "relu", "from": ["input", "input"]}],
        "layers[1].from=['input', 'input']: expected one input",
    ),
    "from a later layer": (
        [{"kind": "relu", "from": "b"}, {"kind": "relu", "name": "b"}],
        "layers[1].from=['b']: expected names",
    ),
    "branches of two sizes": (
        [CONVOLUTION, {"kind": "add", "from": ["input", "convolution 1"]}],
        "layers[2].from=['input', 'convolution 1']: expected outputs of one size",
    ),
    "two of one name": (
        [{"kind": "relu", "name": "a"}, {"kind": "relu", "name": "a"}],
        "layers[2].name='a': expected a name",
    ),
    "the input's name": ([{"kind": "relu", "name": "input"}], "layers[1].name='input': expected a name"),
    "a channel too many": (
        [{"kind": "channels", "take": [3]}],
        "layers[1].take=[3]: expected numbers of channels, from 0 to 2",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_network_that_makes_no_sense_is_refused_in_one_clear_line(what):
    given, beginning = BAD[what]
    with pytest.raises(validation.BadInput) as caught:
        layers.resolve(given, (3, 8, 8))
    line = str(caught.value)
    assert line.startswith(beginning), line
    assert re.fullmatch(r"[\w.\[\]]+=.+?: expected .+; .+", line), line


FILES = {
    "not there": (None, "nothing.toml", "file='nothing.toml': expected a file that can be read"),
    "not TOML": ("layers = [", "a.toml", "expected TOML"),
    "not JSON": ("{'a': 1}", "a.json", "expected JSON"),
    "no text": (b"\xff\xfe\x00", "a.toml", "expected TOML"),
    "too deep": ("[" * 100_000, "a.json", "expected JSON"),
    "a list": ("[1]", "a.json", "expected an object"),
    "a mistyped member": ('imput = [3, 8, 8]\n[[layers]]\nkind = "relu"', "a.toml", "did you mean 'input'?"),
    "no input": ('[[layers]]\nkind = "relu"', "a.toml", "give --input C,H,W"),
    "no layers": ("input = [3, 8, 8]", "a.toml", "layers=[]: expected"),
    "two numbers": ('input = [3, 8]\n[[layers]]\nkind = "relu"', "a.toml", "input=[3, 8]: expected [C, H, W]"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_bad_file_gives_one_line_and_exit_code_2(command, tmp_path, monkeypatch, what):
    content, name, says = FILES[what]
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    code, printed, complained = command(name)
    assert (code, printed) == (2, "")
    assert complained.startswith("lecture-claims: ") and complained.count("\n") == 1 and says in complained, complained


@pytest.mark.parametrize("given", ["3,8", "3,x,8", "3,8,0", "3,8,8,8", "-1,2,3", "²,8,8"])
def test_a_bad_input_size_gives_one_line_and_exit_code_2(command, given):
    code, printed, complained = command("docs/layers.toml", f"--input={given}")
    assert (code, printed) == (2, "") and complained.count("\n") == 1
    assert complained.startswith(f"lecture-claims: --input={given!r}: expected C,H,W")


def test_a_backend_that_does_not_exist_gives_one_line_and_exit_code_2(command):
    code, printed, complained = command("docs/layers.toml", "--backend", "torh")
    assert (code, printed) == (2, "") and "did you mean 'torch'?" in complained


# --- what is shown -----------------------------------------------------------------------------------------------------


def liar(tmp_path, body):
    """A user's own library of one function."""
    source = "def configure(): pass\ndef environment(): return {'versions': {}}\n"
    file = tmp_path / "mine.py"
    file.write_text(f"{source}def network_layers(layers, *, size):\n    {body}\n", encoding="utf-8")
    return file


def test_where_no_library_is_asked_the_formulas_answer(command):
    code, printed, complained = command("docs/layers.toml")
    assert (code, complained) == (0, "")
    assert "1,753,408 multiply-adds" in printed and "\nBy formula only: " in printed


def test_a_library_that_says_otherwise_is_told_with_the_layer_and_exit_code_1(command, tmp_path):
    body = (
        "return [{'name': x['name'], 'output': x['output'], 'parameters': 0, 'not_learned': 0, 'multiply_adds': None} "
        "for x in layers]"
    )
    code, printed, _ = command("docs/layers.toml", "--backend", liar(tmp_path, body))
    assert code == 1 and "mine: not so. parameters: stem: 0, not 432; " in printed


def test_a_library_that_refuses_agrees_with_nothing(command, tmp_path):
    code, printed, _ = command("docs/layers.toml", "--backend", liar(tmp_path, "raise RuntimeError('not today')"))
    assert code == 1 and "mine: raised: RuntimeError: not today" in printed
    code, printed, _ = command("docs/layers.toml", "--backend", "numpy")
    assert code == 1 and "numpy: unsupported: " in printed


def test_json_and_toml_say_the_same_and_json_comes_out(command, tmp_path):
    network = layers.read(ROOT / "docs/layers.toml")
    same = tmp_path / "same.json"
    same.write_text(
        json.dumps({"name": network.name, "input": network.size, "layers": network.layers}), encoding="utf-8"
    )
    assert layers.read(same) == network
    body = "return [dict(x, parameters=0, not_learned=0, multiply_adds=None) for x in layers]"
    code, printed, complained = command(same, "--json", "--backend", liar(tmp_path, body))
    found = json.loads(printed)
    assert (code, complained) == (1, "")
    assert (found["parameters"], found["not_learned"], found["multiply_adds"]) == (5978, 32, 1_753_408)
    assert [row["output"] for row in found["layers"]][-1] == [10]
    assert found["libraries"]["mine"]["differences"].keys() == {"parameters", "not_learned"}


def test_a_name_cannot_spoil_the_table(command, tmp_path):
    file = tmp_path / "a.json"
    text = "a\u202eb\n[red]c"
    file.write_text(json.dumps({"input": [1, 2, 2], "layers": [{"kind": "relu", "name": text}]}), encoding="utf-8")
    _, printed, _ = command(file, "--backend", "numpy")
    assert "a⟨U+202E⟩b [red]c" in printed


def test_the_report_has_a_table_for_each_network_in_html_and_markdown():
    network = PUBLISHED["VGG-16"]
    rows = layers.table(network.build(), network.size)
    data = {
        "network": "VGG-16 <b>",
        "source": "a & b",
        "input": list(network.size),
        "rows": [[r.name, r.kind, list(r.takes), list(r.output), r.parameters, r.multiply_adds] for r in rows],
    }
    (picture,) = figures.pictures({"layers/VGG-16": {"torch": data, "tensorflow": data}}, prefix="p")
    assert picture.html.count("<tr>") == len(rows) + 2 and "<b>" not in picture.html
    assert (
        "<summary>VGG-16 &lt;b&gt;: 37 layers, 138,357,544 parameters, 15,470,264,320 multiply-adds</summary>"
        in picture.html
    )
    assert '<td>64 × 224 × 224</td><td class="n">1,792</td><td class="n">86,704,128</td>' in picture.html
    assert "torch and tensorflow built it" in picture.caption and not picture.rows
    drawn = {"layers/VGG-16": {"torch": data}, "flip": {}, "layers/none": {"torch": {}}}
    lines = markdown._layers(sample.claim("a.b", (), figures=drawn))
    assert sum(line.startswith("| ") for line in lines) == len(rows) + 3
    assert "15,470,264,320" in lines[1] and lines[1].startswith("<details><summary>")


def test_data_of_another_shape_become_a_small_table():
    (picture,) = figures.pictures({"layers/x": {"torch": {"rows": [[1]]}}}, prefix="p")
    assert picture.html == "" and picture.rows


# --- the page about it -------------------------------------------------------------------------------------------------

PAGE = ROOT / "docs/layers.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("session", blocks("console"))
def test_the_session_on_the_page_is_what_happens(command, session):
    for name in ("torch", "tensorflow"):
        if not libraries.installed(name):
            pytest.skip(f"{name} is not installed")
    asked, _, wanted = session.partition("\n")
    code, printed, complained = command(*shlex.split(asked.removeprefix("$ lecture-claims layers ")))
    assert [line.rstrip() for line in (printed + complained).splitlines()] == wanted.splitlines()
    assert code == (2 if complained else 0)


def test_the_pages_python_runs_and_the_page_names_every_kind_and_setting():
    (python,) = blocks("python")
    exec(compile(python, PAGE.name, "exec"), {})
    text = PAGE.read_text(encoding="utf-8")
    for kind, settings in layers.SETTINGS.items():
        assert all(f"`{name}`" in text for name in (kind, *settings)), kind


@pytest.mark.parametrize(
    "size, listed, output, parameters",
    [
        ((9,), [{"kind": "fully_connected", "features_out": 4}, {"kind": "dropout", "rate": 0.3}], (4,), 40),
        ((3, 5, 4), [{"kind": "fully_connected", "features_out": 2, "on": "channels"}], (2, 5, 4), 8),
        ((1, 6, 6), [{"kind": "max_pooling", "window": 3, "stride": 2, "ceil_mode": True}], (1, 3, 3), 0),
        ((1, 5, 6), [{"kind": "average_pooling", "window": 2, "stride": 3, "ceil_mode": True}], (1, 2, 2), 0),
    ],
)
def test_rows_of_numbers_dense_channels_and_sizes_rounded_up_in_frameworks_too(load, size, listed, output, parameters):
    network = layers.Network("n", size, listed)
    (*_, last) = rows = layers.table(listed, size)
    assert last.output == output and sum(row.parameters for row in rows) == parameters
    for library in ("torch", "tensorflow"):
        try:
            found = load(library).network_layers(layers.resolve(network.layers, size), size=size)
        except libraries.Unsupported as reason:
            assert "ceil_mode" in str(reason) and library == "tensorflow"
            continue
        assert [tuple(one["output"]) for one in found] == [row.output for row in rows]
        assert [one["parameters"] for one in found] == [row.parameters for row in rows]
        assert [one["multiply_adds"] for one in found] in ([row.multiply_adds for row in rows], [0] * len(rows))


@pytest.mark.parametrize(
    "layer, says",
    [
        ({"kind": "dropout", "rate": 1}, "a share from 0, below 1"),
        ({"kind": "fully_connected", "features_out": 2, "on": "rows"}, "'numbers' or 'channels'"),
        ({"kind": "max_pooling", "window": 2, "ceil_mode": "yes"}, "true or false"),
    ],
)
def test_what_these_settings_do_not_take_is_refused(layer, says):
    with pytest.raises(validation.BadInput, match=says):
        layers.table([layer], (9,) if layer["kind"] == "fully_connected" else (3, 5, 4))
