import gc

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "Event log"

    def ready(self) -> None:
        # A batch makes hundreds of thousands of short-lived values, and looking
        # through them for cycles, which they do not have, took a quarter of its time.
        gc.set_threshold(100_000, 50, 100)
