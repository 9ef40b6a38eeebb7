"""The exchange's counters in Prometheus' form, read at the moment they are asked for."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.http.sources import Sources

_PREFIX = "yutan_"


class Counters(Collector):
    """Collects what `Sources` offers: each follower's lag, the engine's seq, and the named counters."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """Counters for names ending in `_total`, gauges for all else."""
        yield GaugeMetricFamily(_PREFIX + "engine_seq", "Last entry applied", value=self._sources.view.day().seq)
        lags = GaugeMetricFamily(_PREFIX + "follower_lag_entries", "Entries yet to be done", labels=["follower"])
        for name, lag in self._sources.lags().items():
            lags.add_metric([name], lag)
        yield lags
        for name, value in self._sources.counters().items():
            words = name.replace("_", " ")
            if name.endswith("_total"):
                yield CounterMetricFamily(_PREFIX + name.removesuffix("_total"), words, value=value)
            else:
                yield GaugeMetricFamily(_PREFIX + name, words, value=value)
