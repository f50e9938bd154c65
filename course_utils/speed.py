"""The machine's speed at this moment, by a fixed workload of convolutions.

Machines differ, and the same machine differs from day to day. Wall seconds times `speed` are
reference seconds: what a run would take on the machine on which lesson 01's 150 steps take 15 s.
"""

import time

REFERENCE = 75.0  # steps a second of the workload on that machine
SECONDS = 2.0


def speed(seconds: float = SECONDS) -> float:
    """The speed of this machine now: 1 is the reference machine, 0.5 half as fast.

    Trains two convolutions on a fixed batch for so many seconds, on all cores that are free.
    """
    step = _workload()
    for _ in range(3):
        step()
    steps, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        step()
        steps += 1
    return steps / took / REFERENCE


def _workload():
    """One training step of a small stack, (8, 96, 96, 3) in, as a compiled function."""
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

    return lambda: step().numpy()
