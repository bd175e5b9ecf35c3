"""Updates that are made in every k-th step alone."""

import tensorflow as tf


def with_lazy_updates(model, objectives, step, run=lambda function, data: function(data)):
    """Returns a step that first makes the lazy updates that are due.

    Args:
        model: A compiled `GenerativeModel`.
        objectives: Its `lazy_objectives`, or none of them.
        step: Function of what a dataset yields, such as `model.train_step`.
        run: Function `(function, data)` that calls a function on each replica. The
            condition stands outside of it: inside, replicas could not sum gradients.
    """

    def lazy_update(number, objective, data):
        def update():
            run(lambda data: model.lazy_step(number, data), data)
            return True

        due = tf.equal(model.step.value % objective.interval, 0)
        tf.cond(due, update, lambda: True)

    def whole(data):
        for number, objective in enumerate(objectives):
            lazy_update(number, objective, data)
        return run(step, data)

    return whole
