"""Prometheus metrics of one application. Labels are slugs, routes and fixed words: never text, ids or keys."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# A second series for each counter and histogram, when it was made: half of the page, and nobody reads it.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the one function of theirs without types

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TOKENS = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)


class Metrics:
    """Every metric by name; one registry per application, so that tests and embedders never share counts."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "tidegate_requests",
            "Answers by route and status.",
            ["route", "status"],
            registry=registry,
        )
        self.latency = Histogram(
            "tidegate_request_seconds",
            "From a request's head to that of its answer, by route: a body that is slow to come is in it.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.verdicts = Counter(
            "tidegate_verdicts",
            "Items by policy, role and verdict.",
            ["policy", "role", "verdict"],
            registry=registry,
        )
        self.categories = Counter(
            "tidegate_category_actions",
            "Categories whose action was not allow, by policy, slug and action.",
            ["policy", "slug", "action"],
            registry=registry,
        )
        self.shadow = Counter(
            "tidegate_shadow_actions",
            "What shadow rules would have done, by policy, slug and action.",
            ["policy", "slug", "action"],
            registry=registry,
        )
        self.candidates = Counter(
            "tidegate_candidate_texts",
            "Texts that a candidate was decided for, by policy and outcome: its verdict is the same, milder or graver.",
            ["policy", "outcome"],
            registry=registry,
        )
        self.candidate_categories = Counter(
            "tidegate_candidate_categories",
            "Categories whose action is another under the candidate, by policy, slug, action in force and candidate's.",
            ["policy", "slug", "action", "candidate"],
            registry=registry,
        )
        self.policy_reloads = Counter(
            "tidegate_policy_reloads",
            "Changes of the policy files by result: read, or refused, which leaves in force what was before.",
            ["result"],
            registry=registry,
        )
        self.policy_files_refused = Gauge(
            "tidegate_policy_files_refused",
            "1 while the policy files as they are cannot be used.",
            registry=registry,
        )
        self.degraded = Counter(
            "tidegate_degraded_items",
            "Items answered by the policy's on_error.",
            ["policy"],
            registry=registry,
        )
        self.cache = Counter(
            "tidegate_cache",
            "Texts looked up by result, hit or miss; and error, the calls that the cache failed or was spared.",
            ["result"],
            registry=registry,
        )
        self.evicted = Counter(
            "tidegate_cache_evicted",
            "Texts that made room in memory for others, of which there may be TIDEGATE_CACHE_ENTRIES.",
            registry=registry,
        )
        self.tokens = Counter(
            "tidegate_tokens_scored",
            "Tokens that went through the session.",
            registry=registry,
        )
        self.batch_windows = Histogram(
            "tidegate_batch_windows", "Windows in a batch.", buckets=(1, 2, 4, 8, 16, 32, 64, 128), registry=registry
        )
        self.batch_tokens = Histogram(
            "tidegate_batch_tokens",
            "Tokens in a batch, padding included.",
            buckets=_TOKENS,
            registry=registry,
        )
        self.batch_fill = Histogram(
            "tidegate_batch_fill",
            "Tokens in a batch as a share of TIDEGATE_BATCH_TOKENS, padding included.",
            buckets=(0.1, 0.25, 0.5, 0.75, 0.9, 1.0),
            registry=registry,
        )
        self.padding = Counter(
            "tidegate_padding_tokens",
            "Tokens of padding that went through the session.",
            registry=registry,
        )
        self.inference = Histogram(
            "tidegate_inference_seconds",
            "Time of one batch in the session.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.queue_wait = Histogram(
            "tidegate_queue_seconds",
            "From admission to the first batch of a text.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.queued = Gauge(
            "tidegate_queued_tokens",
            "Tokens admitted and not yet scored.",
            registry=registry,
        )
        self.refused = Counter(
            "tidegate_refused_requests",
            "Requests refused with 429.",
            registry=registry,
        )
        self.dropped = Counter(
            "tidegate_dropped_texts",
            "Texts dropped before scoring: nobody waits for them any more.",
            registry=registry,
        )
        self.decisions = Counter(
            "tidegate_decisions",
            "Decisions and feedback for the decision log by result: written, or lost for want of room or of a disk.",
            ["result"],
            registry=registry,
        )
        self.decisions_waiting = Gauge(
            "tidegate_decisions_waiting",
            "Decisions and feedback that nothing was done with yet: some of the last fifth of a second, as a rule.",
            registry=registry,
        )
        self.decision_failures = Counter(
            "tidegate_decision_log_failures",
            "Times that the decision log could not be written; what waits is tried again.",
            registry=registry,
        )
        self.journal_errors = Counter(
            "tidegate_journal_errors",
            "Readings of the journal that failed: unreachable, or lost, entries read before being gone. And skipped: "
            "entries that are passed over.",
            ["kind"],
            registry=registry,
        )
        self.journal_revision = Gauge(
            "tidegate_journal_revision",
            "The last entry of the journal that was read: the same on every replica.",
            registry=registry,
        )
