"""The machine's speed, by a fixed workload of convolutions: what makes seconds comparable.

Machines differ, and the same machine differs from day to day and from minute to minute. Wall time
times `speed` is time on the reference machine, the one on which lesson 01's 150 steps take 15 s.
"""

import contextlib
import functools
import time

import psutil

REFERENCE = 75.0  # steps a second of the workload on that machine
EVERY, SECONDS = 5.0, 0.3  # a program is stopped as often, for so long, to measure beside it


class Clock:
    """Wall seconds and reference seconds of a program that runs beside: `tick` as often as you like.

    Every few seconds the program and its children stand still while the workload runs, so that
    what else the machine has to do is measured, and not the program itself. Pauses don't count.
    """

    def __init__(self, pid: int):
        self.pid, self.wall, self.reference = pid, 0.0, 0.0
        self.began = time.perf_counter()

    def tick(self, last: bool = False) -> None:
        """Measure, if it is time. last: measure now; the program has ended."""
        passed = time.perf_counter() - self.began
        if passed >= EVERY or last:
            with standing_still(self.pid):
                self.reference += passed * speed()
            self.wall += passed
            self.began = time.perf_counter()


@contextlib.contextmanager
def standing_still(pid: int):
    """Within, a process and its children are suspended; one that has ended is no matter."""
    stopped = []
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            process.suspend()
            stopped.append(process)
    try:
        yield
    finally:
        for process in reversed(stopped):
            with contextlib.suppress(psutil.Error):
                process.resume()


def speed(seconds: float = SECONDS) -> float:
    """The speed of this machine now: 1 is the reference machine, 0.5 half as fast.

    Trains two convolutions on a fixed batch for so many seconds, on all cores that are free.
    """
    step, steps, began = _workload(), 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        step()
        steps += 1
    return steps / took / REFERENCE


@functools.cache
def _workload():
    """One training step of a small stack, (8, 96, 96, 3) in, as a compiled function, warm."""
    import tensorflow as tf

    pictures = tf.random.stateless_uniform((8, 96, 96, 3), (0, 0))
    kernels = [
        tf.Variable(tf.random.stateless_normal((3, 3, *channels), (0, 1), stddev=0.1))
        for channels in ((3, 16), (16, 16), (16, 32), (32, 32))
    ]

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            x = pictures
            for number, kernel in enumerate(kernels):
                x = tf.nn.relu(tf.nn.conv2d(x, kernel, 1 + (number == 2), "SAME"))
            loss = tf.reduce_mean(x**2)
        for kernel, gradient in zip(kernels, tape.gradient(loss, kernels), strict=True):
            kernel.assign_sub(1e-3 * gradient)
        return loss

    for _ in range(5):
        step()
    return lambda: step().numpy()
