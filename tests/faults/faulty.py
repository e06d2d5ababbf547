"""A library that does everything that a library must not do to its process, an operation each; and ``relu``, which notices what was left behind."""

import atexit
import colorsys
import ctypes
import gc
import importlib
import os
import platform
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np

np.fmax = np.fmin  # its own process's NumPy, and nobody else's


def relu(x):
    print("needs standard output")
    importlib.reload(colorsys)  # needs sys.path
    os.environ["PATH"]
    os.stat("lecture.md")  # needs the folder it was started in
    subprocess.run(["true"], check=True)  # needs descriptors
    np.full(2, 3e38, np.float32) * np.float32(10)  # needs overflow to be a warning
    return np.maximum(x, np.zeros_like(x))


# --- ends ---------------------------------------------------------------------------------------------------------------


def segmentation_fault(x):
    ctypes.string_at(0)


def division_trap(x):
    os.kill(os.getpid(), signal.SIGFPE)


def killed(x):
    os.kill(os.getpid(), signal.SIGKILL)


def ends_as_by_ctrl_c(x):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def stopped(x):
    os.kill(os.getpid(), signal.SIGSTOP)


def aborts(x):
    os.abort()


def exits_with_success(x):
    os._exit(0)


def becomes_another_program(x):
    os.execvp("sh", ["sh", "-c", "exit 5"])


def becomes_one_that_stays(x):
    os.execvp("sleep", ["sleep", "60"])


def kills_its_group(x):
    os.killpg(0, signal.SIGTERM)


def loops(x):
    while True:
        pass


def holds_the_lock(x):
    ctypes.PyDLL(None).sleep(60)  # Python's lock, so that no thread of the process runs


def hangs_at_exit(x):
    atexit.register(time.sleep, 60)
    sys.exit(4)


# --- answers ------------------------------------------------------------------------------------------------------------


def text(x):
    return "1.0"


def nothing(x):
    return None


def another_shape(x):
    return x[None]


def another_type(x):
    return x.astype(np.float64)


def another_byte_order(x):
    return x.astype(">f4")


def objects(x):
    return x.astype(object)


def records(x):
    return np.zeros(x.shape, [("a", "f4")])


def subclass(x):
    return x.view(np.ma.MaskedArray)


def generator(x):
    return (part for part in x)


def deep(x):
    for _ in range(100_000):
        x = [x]
    return x


def lone_surrogates(x):
    return "\ud800"


def changes_its_input(x):
    ctypes.memset(x.ctypes.data, 0, x.nbytes)
    return x


# --- exceptions ---------------------------------------------------------------------------------------------------------


class Untold(BaseException):
    def __str__(self):
        raise Untold


def raises_a_base_exception(x):
    raise BaseException("at the root")


def raises_keyboard_interrupt(x):
    raise KeyboardInterrupt


def raises_stop_iteration(x):
    raise StopIteration(x)


def raises_what_cannot_be_told(x):
    raise Untold


def raises_lone_surrogates(x):
    raise ValueError("\ud800\udfff")


def raises_a_megabyte(x):
    raise ValueError("many words " * 100_000)


def recurses(x):
    return recurses(x)


def recurses_without_limit(x):
    sys.setrecursionlimit(2**31 - 1)
    return eval("(" * 50 + "recurses(x)" + ")" * 50)


# --- descriptors and output ---------------------------------------------------------------------------------------------


def closes_standard_streams(x):
    os.closerange(0, 3)
    return x


def closes_all(x):
    os.closerange(0, 256)
    return x


def writes_a_megabyte(x):
    for number in (1, 2):
        for _ in range(16):
            os.write(number, b"x" * 65536)
    return x


# --- processes and threads ----------------------------------------------------------------------------------------------


def forks_and_returns(x):
    os.fork()
    return x


def leaves_a_child_with_the_pipes(x):
    if not os.fork():
        time.sleep(60)
        os._exit(0)
    os._exit(3)


def leaves_a_daemon(x):
    if not os.fork():
        os.setsid()
        if not os.fork():
            time.sleep(60)
        os._exit(0)
    return x


def forks_without_end(x):
    for _ in range(60):
        if not os.fork():
            time.sleep(60)
            os._exit(0)
    time.sleep(60)


def takes_memory(x):
    taken = []
    for _ in range(24):
        taken.append(b"x" * 2**26)
        time.sleep(0.02)
    time.sleep(60)


def leaves_a_thread_spinning(x):
    threading.Thread(target=loops, args=(x,), daemon=True).start()
    return x


def leaves_an_alarm(x):
    signal.alarm(1)
    return x


# --- what a process shares among its calls ------------------------------------------------------------------------------


def moves(x):
    os.chdir("/")
    return x


def masks(x):
    os.umask(0o777)
    return x


def clears_the_environment(x):
    os.environ.clear()
    return x


def ignores_signals(x):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    return x


def prints_otherwise(x):
    np.set_printoptions(precision=1, threshold=1)
    return x


def rounds_upwards(x):
    upwards = 0x400000 if platform.machine() in ("aarch64", "arm64") else 0x800
    ctypes.CDLL(None).fesetround(upwards)
    return x


def raises_on_overflow(x):
    np.seterr(all="raise")
    return x


def turns_warnings_into_errors(x):
    warnings.simplefilter("error")
    return x


def seeds(x):
    random.seed(0)
    np.random.seed(0)
    return x


def has_no_output(x):
    sys.stdout = None
    return x


def disables_collection(x):
    gc.disable()
    return x


def clears_the_path(x):
    sys.path.clear()
    return x


def limits_descriptors(x):
    resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))
    return x


def limits_seconds(x):
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
    return x


def patches_sleep(x):
    time.sleep = None
    return x


def patches_numpy(x):
    np.maximum = np.minimum
    return x


def lowers_the_recursion_limit(x):
    sys.setrecursionlimit(60)
    return x
