"""Build the application. This module imports the others and is imported only by the commands.

settings -> journal, Scorer (golden set scored) -> lifespan: batcher, store, Scoring, Judge, Follower -> routes
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.datastructures import State as AppState
from litestar.di import Provide
from litestar.types import Message, Scope

from models.bundle import Bundle, shipped
from models.scorer import Scorer
from models.threads import available_threads
from service.batching.batcher import Batcher
from service.batching.patience import Patience
from service.cache.opened import make_keys, open_store
from service.configuration.settings import Settings
from service.console.routes import console_routes
from service.decisions.opened import check_folder, open_log
from service.evaluation import load_evaluation
from service.http.asked import Asked
from service.http.faults import to_response
from service.http.observe import Observe
from service.http.openapi import api_assets, api_page
from service.identity import Identity
from service.journal.follow import Follower
from service.journal.opened import open_journal
from service.judge import Judge
from service.metrics import Metrics
from service.policies.files import Source
from service.policies.policies import Policies
from service.policies.snapshot import Known
from service.routes import catalogue, health, traffic
from service.routes.admin import admin_routes
from service.routes.classify import classify
from service.routes.feedback import feedback
from service.routes.moderations import moderations
from service.scoring import Scoring
from service.served import Served
from service.state import Phase, State
from service.version import VERSION
from service.windows import Windows


def create_app(settings: Settings, scorer: Scorer | None = None) -> Litestar:
    """Return the application, its model loaded and its golden set matched.

    Raises SettingsError, BundleError or DeviceError. `scorer` is for a process that has one open already.
    """
    check_folder(settings)
    evaluation = load_evaluation(settings.evaluation)
    metrics = Metrics()
    follower = Follower(open_journal(settings), metrics)
    policies = Policies(settings.policy, settings.policies, metrics, follower)
    scorer = scorer or open_scorer(settings)
    if doubt := _doubt(scorer.bundle, policies.snapshot.default):
        logging.getLogger("tidegate").warning(doubt)
    identity = Identity.of(scorer.bundle)
    observe = Observe(metrics)
    lifecycle = State()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        batcher = Batcher(
            scorer.backend.run_beside,
            scorer.backend.width,
            settings.tokens_a_batch,
            settings.max_queued_tokens,
            metrics,
            scorer.pool,
            run_alone=scorer.backend.run,
            workers=scorer.backend.beside,
            patience=Patience(settings.max_wait_ms / 1000, settings.steady_wait_ms / 1000),
        )
        scoring = Scoring(
            scorer,
            batcher,
            await open_store(settings, metrics),
            make_keys(settings, scorer.bundle.digest),
            metrics,
            threads=settings.tokenise_threads,
            max_tokens=settings.max_tokens,
            entries=settings.cache_entries,
            ttl_seconds=settings.cache_ttl_seconds,
        )
        judge = Judge(scoring, policies, metrics)
        decisions = open_log(settings, identity, metrics)
        app.state.served = Served(judge, identity, settings, Windows(scorer, batcher), decisions, follower, evaluation)
        async with follower:
            following = asyncio.create_task(policies.follow())
            lifecycle.phase = Phase.READY
            try:
                yield
            finally:
                lifecycle.phase = Phase.CLOSING
                following.cancel()
                await scoring.close()
                await asyncio.to_thread(decisions.close)

    # One hook: Litestar awaits each of them, for every message.
    async def begins(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            observe.count(message["status"], scope)
            lifecycle.part(message)

    def served(state: AppState) -> Served:
        found: Served = state.served
        return found

    return Litestar(
        route_handlers=[
            classify,
            moderations,
            health.live,
            health.ready,
            health.metrics_page,
            catalogue.about,
            catalogue.taxonomy,
            catalogue.crosswalks,
            feedback,
            traffic.traffic,
            traffic.evaluation,
            *admin_routes(),
            *([api_assets()] if settings.docs_page else []),
            *([console_routes()] if settings.console else []),
        ],
        dependencies={
            "served": Provide(served, sync_to_thread=False),
            "metrics": _constant(metrics),
            "lifecycle": _constant(lifecycle),
        },
        exception_handlers={Exception: to_response},
        lifespan=[lifespan],
        logging_config=None,  # the commands configure logging; Litestar would replace it
        before_send=[begins],
        middleware=[observe.timed],
        openapi_config=api_page(VERSION) if settings.docs_page else None,
        request_class=Asked,
        request_max_body_size=settings.max_body_bytes,
        state=AppState({"lifecycle": lifecycle}),
    )


def open_scorer(settings: Settings) -> Scorer:
    """Open the bundle and score its golden set. Raises BundleError, DeviceError."""
    scorer = Scorer(Bundle.open(settings.bundle_folder), settings.device, settings.threads or available_threads())
    scorer.check_golden()
    if unscored := scorer.bundle.manifest.unscored:
        logging.getLogger("tidegate").warning("the bundle has no score for %s: 0 for every text", ", ".join(unscored))
    return scorer


def _doubt(bundle: Bundle, known: Known) -> str:
    """Return that a shipped policy's thresholds were chosen for another shipped bundle than this one, else ""."""
    evaluation = bundle.manifest.metrics.get("evaluation")
    measured = evaluation.get("policy") if isinstance(evaluation, dict) else None
    name = known.policy.name
    chosen_for = name if name in shipped() else "default"  # only nano's own policy is for nano
    if known.source is not Source.SHIPPED or measured not in shipped() or measured == chosen_for:
        return ""
    return f"the thresholds of the policy {name} were chosen for another bundle; the policy for this one is {measured}"


def _constant(value: Any) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)
