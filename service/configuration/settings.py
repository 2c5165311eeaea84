"""Settings: what there is to set, each with a default and a sentence. service/configuration/loading.py reads them.

Everything is checked before anything is loaded; a contradiction stops the start with one line.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeAlias, get_type_hints

import msgspec
from msgspec import Meta

from models.backend import Device
from models.bundle import SHIPPED, folder_of
from service.configuration.redis_url import is_url, wrong_redis_url
from service.configuration.values import OCTAL

PREFIX = "TIDEGATE_"
SECRET = {"secret": True}
OFF = "off"
BATCH_TOKENS = {Device.CPU: 256, Device.CUDA: 16_384}  # measured on a CPU (ARCHITECTURE.md); a GPU's is a guess


class CacheKind(StrEnum):
    """Where scores are kept."""

    OFF = "off"
    MEMORY = "memory"
    REDIS = "redis"


class Anonymous(StrEnum):
    """Who may classify without an API key."""

    LOOPBACK = "loopback"
    ANYWHERE = "anywhere"


class LogLevel(StrEnum):
    """How much is logged; never any text."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SettingsError(ValueError):
    """A setting cannot be used; the message names it and says what it takes, without its value."""


# The upper bound is what Redis, onnxruntime and the clock can all take.
Count: TypeAlias = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Megabytes: TypeAlias = Annotated[int, Meta(ge=1, le=10_000_000)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. The documentation of each is its `Meta` description: docs and `tidegate serve` read it."""

    profile: Annotated[
        str,
        Meta(
            description="A shipped profile's name or a profile file's path; what it sets stands between these "
            "variables and the defaults. `tidegate serve --profile` wins over it."
        ),
    ] = ""
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    tcp: Annotated[bool, Meta(description="Whether to listen on that address; if not, TIDEGATE_UDS is needed.")] = True
    uds: Annotated[
        str,
        Meta(description="Path of a Unix socket to listen on, beside the address or instead; empty for none."),
    ] = ""
    uds_mode: Annotated[
        str, Meta(description="Mode of the socket's file, in octal: who may write to it may ask.", pattern=OCTAL)
    ] = "660"
    uds_owner: Annotated[
        str, Meta(description="Owner of the socket's file: user, user:group or :group, by name or number.")
    ] = ""
    anonymous: Annotated[
        Anonymous,
        Meta(
            description="Who may classify without an API key. `loopback`: callers over loopback, by one of its own "
            "names (localhost, 127.0.0.1, [::1]), and over the Unix socket, without a proxy's headers, until the first "
            "key is made; then nobody. "
            "`anywhere`: everybody who can reach the service, also when there are keys for the rest of it."
        ),
    ] = Anonymous.LOOPBACK
    docs_page: Annotated[
        bool, Meta(description="Whether /schema serves the API's description and the page to read it on.")
    ] = True
    console: Annotated[
        bool, Meta(description="Whether /console serves the operator's console; it needs an API key for most it does.")
    ] = True
    bundle: Annotated[str, Meta(description="A shipped bundle by its name, or the folder of another.")] = SHIPPED.name
    device: Annotated[Device, Meta(description="cpu or cuda. A missing device is an error, never a fallback.")] = (
        Device.CPU
    )
    threads: Annotated[
        int, Meta(ge=0, le=1024, description="Threads of the session; 0 reads the cgroup quota and the processor set.")
    ] = 0
    policy: Annotated[
        str,
        Meta(
            description="The default policy: the name of one that ships or is in TIDEGATE_POLICIES, or a file's path. "
            "A file is read again when it changes."
        ),
    ] = "default"
    policies: Annotated[
        str,
        Meta(
            description="A folder of policy files (*.yaml) and of files that give tenants theirs (`kind: tenants`). It "
            "is looked at every second; while a file in it cannot be used, all stay in force as they were. What is in "
            "it cannot be changed over the API."
        ),
    ] = ""
    cache: Annotated[
        CacheKind | None,
        Meta(description="off, memory or redis; unset is redis when TIDEGATE_REDIS_URL is set, else memory."),
    ] = None
    cache_entries: Annotated[Count, Meta(description="Most texts whose scores are kept in memory.")] = 50_000
    cache_ttl_seconds: Annotated[
        Count,
        Meta(
            description="How long scores are kept, less a jitter of up to 10 %. Memory in front of Redis keeps them a "
            "tenth as long and then asks Redis again, and a text asked often is looked up again after 10 seconds: a "
            "score may outlive this time by as much."
        ),
    ] = 86_400
    cache_secret: Annotated[
        str,
        Meta(
            description="Key of the HMAC that cache keys are made with; the same on every replica. Without it, whoever "
            "can read Redis can test guesses of a text against the keys.",
            extra=SECRET,
        ),
    ] = ""
    redis_url: Annotated[
        str, Meta(description="URL of Redis 6.2 or newer: redis://, rediss:// or unix://.", extra=SECRET)
    ] = ""
    state: Annotated[
        str,
        Meta(
            description="Where policies, tenants and keys that are changed while the service runs are kept: the URL of "
            "a Redis (6.2 or newer), the path of an SQLite file, or off. Empty is tidegate/state.db in "
            "$XDG_STATE_HOME, else in ~/.local/state, made at the first change. Replicas on several machines need "
            "Redis.",
            extra=SECRET,
        ),
    ] = ""
    redis_timeout_ms: Annotated[
        Count,
        Meta(
            description="Longest wait for an answer of Redis in milliseconds, from when it was asked; after it the "
            "text is scored as a miss. The connection is opened at the start, which may take a second."
        ),
    ] = 5
    decisions: Annotated[
        str,
        Meta(
            description="Where decisions are kept, without their texts, and feedback on them: a folder, which "
            "processes may share, the URL of a Redis with room for them, or off.",
            extra=SECRET,
        ),
    ] = OFF
    decisions_sample: Annotated[
        float,
        Meta(ge=0, le=1, description="The share of answers whose decisions are kept; all of an answer's are, or none."),
    ] = 1.0
    decisions_file_mb: Annotated[
        Megabytes, Meta(description="Size, compressed, at which a file of decisions is closed; an hour closes it too.")
    ] = 64
    decisions_total_mb: Annotated[
        Megabytes,
        Meta(
            description="Most megabytes of decisions in the folder, beside the files that other processes are writing; "
            "the oldest files go first. In Redis a megabyte is 2,000 decisions."
        ),
    ] = 1024
    decisions_days: Annotated[int, Meta(ge=1, le=36_500, description="How long decisions are kept, in days.")] = 30
    decisions_recent: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000_000,
            description="Decisions kept in memory, 78 bytes each, for traffic figures and for trying policies on; "
            "0 for none.",
        ),
    ] = 50_000
    evaluation: Annotated[
        str,
        Meta(
            description="Path of an evaluation, counts that `tidegate tune --evaluation` writes: curves for the "
            "console, and what the drift of the traffic is measured against. Empty for none."
        ),
    ] = ""
    max_body_bytes: Annotated[Count, Meta(description="Largest request body in bytes.")] = 8_388_608
    receive_seconds: Annotated[
        int,
        Meta(ge=1, le=3600, description="How long a request may take to come; its connection is closed after that."),
    ] = 30
    max_items: Annotated[Count, Meta(description="Most items, messages or inputs in one request.")] = 512
    max_chars: Annotated[Count, Meta(description="Longest text, in characters.")] = 500_000
    max_tokens: Annotated[Count, Meta(description="Most tokens in the texts of one request.")] = 131_072
    max_queued_tokens: Annotated[
        Count, Meta(description="Most tokens waiting for the session; beyond it requests are answered 429.")
    ] = 262_144
    max_wait_ms: Annotated[
        Count,
        Meta(description="Longest a text may have to wait for the session, in milliseconds; beyond it 429."),
    ] = 500
    steady_wait_ms: Annotated[
        Count, Meta(description="The same in a queue that has stayed long for TIDEGATE_MAX_WAIT_MS; beyond it 429.")
    ] = 100
    batch_tokens: Annotated[
        Count | None, Meta(description="Most tokens in a thread's batch, with padding. Unset is 256, on a GPU 16384.")
    ] = None
    tokenise_threads: Annotated[Count, Meta(description="Threads that normalise and tokenise.")] = 1
    drain_seconds: Annotated[
        float,
        Meta(ge=0, le=3600, description="After SIGTERM, how long to go on serving while /health/ready answers 503."),
    ] = 0.0
    shutdown_seconds: Annotated[
        int, Meta(ge=1, le=3600, description="After draining, how long open requests may take to finish.")
    ] = 30
    log_level: Annotated[LogLevel, Meta(description="debug, info, warning or error.")] = LogLevel.INFO

    def __post_init__(self) -> None:
        """Refuse contradictions. Raises SettingsError."""
        if not (self.tcp or self.uds):
            raise SettingsError(f"{PREFIX}TCP=false needs {PREFIX}UDS: there would be nothing to listen on")
        if self.uds_owner and not self.uds:
            raise SettingsError(f"{PREFIX}UDS_OWNER needs {PREFIX}UDS")
        if self.cache is CacheKind.REDIS and not self.redis_url:
            raise SettingsError(f"{PREFIX}CACHE=redis needs {PREFIX}REDIS_URL")
        if self.redis_url and (wrong := wrong_redis_url(self.redis_url)):
            raise SettingsError(f"{PREFIX}REDIS_URL {wrong}")
        if is_url(self.decisions) and (wrong := wrong_redis_url(self.decisions)):
            raise SettingsError(f"{PREFIX}DECISIONS {wrong}")
        if self.decisions_file_mb > self.decisions_total_mb:
            raise SettingsError(f"{PREFIX}DECISIONS_FILE_MB must not exceed {PREFIX}DECISIONS_TOTAL_MB")
        if is_url(self.state) and (wrong := wrong_redis_url(self.state)):
            raise SettingsError(f"{PREFIX}STATE {wrong}")
        if self.max_tokens > self.max_queued_tokens:
            raise SettingsError(
                f"{PREFIX}MAX_TOKENS must not exceed {PREFIX}MAX_QUEUED_TOKENS: such a request could never be admitted"
            )

    @property
    def cache_kind(self) -> CacheKind:
        """The cache in use once the defaults are resolved."""
        return self.cache or (CacheKind.REDIS if self.redis_url else CacheKind.MEMORY)

    @property
    def tokens_a_batch(self) -> int:
        """Most tokens in a batch once the defaults are resolved."""
        return self.batch_tokens or BATCH_TOKENS[self.device]

    @property
    def bundle_folder(self) -> Path:
        """The bundle's folder."""
        return folder_of(self.bundle)


class Described(msgspec.Struct, frozen=True):
    """One setting as documentation shows it; a secret's value is shown as `***`."""

    variable: str
    default: str
    value: str
    description: str


def describe(settings: Settings) -> list[Described]:
    """Return every setting in order, for the start-up lines and the reference page."""
    defaults = Settings()
    out = []
    for name, hint in hints().items():
        value, default = as_text(getattr(settings, name)), as_text(getattr(defaults, name))
        if is_secret(hint) and value != default:
            value = "***"
        out.append(Described(variable(name), default, value, _meta(hint).description or ""))
    return out


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def as_text(value: object) -> str:
    """Return a value as its variable would hold it; unset is empty."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def hints() -> dict[str, Any]:
    """Return setting name -> its type with bounds, in order."""
    return get_type_hints(Settings, include_extras=True)


def is_secret(hint: Any) -> bool:
    """Tell whether a setting's value must not be shown or kept in a file."""
    return _meta(hint).extra == SECRET


def _meta(hint: Any) -> Meta:
    return next(m for m in hint.__metadata__ if isinstance(m, Meta) and m.description)
