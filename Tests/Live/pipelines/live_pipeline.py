"""A pipeline of six tasks for the tests with the real Luigi, and three that come to other ends.

    python -m luigi --module live_pipeline Publish --folder DIR     six tasks, one of them at its second try
    python -m luigi --module live_pipeline Failing --folder DIR     raises, each time
    python -m luigi --module live_pipeline Killed --folder DIR      the task's process kills itself (workers > 1)
    python -m luigi --module live_pipeline Stuck --folder DIR       sleeps until somebody ends it

Settings: live_pipeline.cfg beside this file (LUIGI_CONFIG_PATH).
"""

import os
import signal
import time

import luigi

import vigil_luigi_events  # noqa: F401  (importing it is its use)


class Step(luigi.Task):
    """Writes one small file, once everything that it needs is there."""

    folder = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(os.path.join(self.folder, self.task_family + ".txt"))

    def run(self):
        with self.output().open("w") as file:
            file.write(self.task_family + "\n")


class ExtractOrders(Step):
    pass


class ExtractCustomers(Step):
    pass


class Join(Step):
    """Fails at its first try and succeeds at its second."""

    retry_count = 3

    def requires(self):
        return [ExtractOrders(folder=self.folder), ExtractCustomers(folder=self.folder)]

    def run(self):
        mark = os.path.join(self.folder, "joined-once")
        if not os.path.exists(mark):
            open(mark, "w").close()
            raise ConnectionError("the warehouse is restarting; password=hunter2")
        super().run()


class Aggregate(Step):
    def requires(self):
        return Join(folder=self.folder)


class Render(Step):
    def requires(self):
        return Aggregate(folder=self.folder)


class Publish(Step):
    def requires(self):
        return Render(folder=self.folder)


class Failing(Step):
    retry_count = 1

    def requires(self):
        return ExtractOrders(folder=self.folder)

    def run(self):
        raise ValueError("no such column: amount")


class Killed(Step):
    retry_count = 1

    def run(self):
        os.kill(os.getpid(), signal.SIGKILL)


class Stuck(Step):
    def requires(self):
        return ExtractOrders(folder=self.folder)

    def run(self):
        time.sleep(3600)
