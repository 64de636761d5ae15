"""Resilience4j's configuration as a Spring application writes it, made into ours.

    resilience4j:
      circuitbreaker:
        configs: {default: {slidingWindowSize: 10, waitDurationInOpenState: 30s}}
        instances: {capsule: {baseConfig: default, minimum-number-of-calls: 5}}
      retry: …
      timelimiter: …

Names may be in camelCase, kebab-case or snake_case. Durations are texts (`500ms`, `30s`, `1m`, `PT30S`) or whole
milliseconds. Java's class names of errors stand for the Python errors that the caller says they do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sandbox.errors import InvalidFile, UsageError
from sandbox.resilience.breaker_config import CircuitBreakerConfig, SlidingWindowType
from sandbox.resilience.duration import to_ms
from sandbox.resilience.interval import (
    DEFAULT_MULTIPLIER,
    DEFAULT_RANDOMIZATION_FACTOR,
    IntervalFunction,
    exponential,
    exponential_random,
    randomized,
)
from sandbox.resilience.profile import ResilienceProfile
from sandbox.resilience.retry_config import RetryConfig
from sandbox.resilience.time_limiter import TimeLimiterConfig

__all__ = [
    "JAVA_ERRORS",
    "CircuitBreakerProperties",
    "ResilienceProperties",
    "RetryProperties",
    "TimeLimiterProperties",
]

JAVA_ERRORS: dict[str, type[Exception]] = {
    "java.lang.Throwable": Exception,
    "java.lang.Exception": Exception,
    "java.io.IOException": OSError,
    "java.util.concurrent.TimeoutException": TimeoutError,
}
"""What Java's common errors are here."""

_WORD_START = re.compile(r"(?<=[a-z0-9])([A-Z])")
_SIMPLE = re.compile(r"([+-]?\d+)\s*(ns|us|ms|s|m|h|d)?\Z")
_NANOS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}


def _duration(value: Any) -> Any:
    """Spring's simple form; ISO-8601 is left to pydantic. A bare number is milliseconds, never seconds."""
    if isinstance(value, bool | float):
        raise ValueError("a duration is a text such as 500ms or 30s, or whole milliseconds")
    if isinstance(value, int):
        return timedelta(milliseconds=value)
    if isinstance(value, str) and (simple := _SIMPLE.match(value.strip())):
        return timedelta(microseconds=int(simple[1]) * _NANOS[simple[2] or "ms"] / 1000)
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Properties(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    base_config: str | None = None
    """Name under `configs` whose properties hold where this one says nothing; else `default`, if there is one."""
    event_consumer_buffer_size: int | None = None
    """No effect here, as the next three."""
    register_health_indicator: bool | None = None
    subscribe_for_events: bool | None = None
    writable_stack_trace_enabled: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _snake_case(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {_WORD_START.sub(r"_\1", str(name)).replace("-", "_").lower(): value for name, value in given.items()}

    def over(self, base: Self) -> Self:
        """These properties, and the base's where they say nothing."""
        return self.model_copy(
            update={name: getattr(base, name) for name in base.model_fields_set - self.model_fields_set}
        )

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


class CircuitBreakerProperties(_Properties):
    """One of `resilience4j.circuitbreaker.instances`. What is absent has `CircuitBreakerConfig`'s default."""

    failure_rate_threshold: float | None = None
    slow_call_rate_threshold: float | None = None
    slow_call_duration_threshold: Duration | None = None
    sliding_window_type: SlidingWindowType | None = None
    sliding_window_size: int | None = None
    minimum_number_of_calls: int | None = None
    permitted_number_of_calls_in_half_open_state: int | None = None
    max_wait_duration_in_half_open_state: Duration | None = None
    automatic_transition_from_open_to_half_open_enabled: bool | None = None
    allow_health_indicator_to_fail: bool | None = None
    """No effect here."""
    record_exceptions: tuple[str, ...] = ()
    ignore_exceptions: tuple[str, ...] = ()
    wait_duration_in_open_state: Duration | None = None
    enable_exponential_backoff: bool = False
    """Let the wait grow with each opening in a row."""
    exponential_backoff_multiplier: float = DEFAULT_MULTIPLIER
    exponential_max_wait_duration_in_open_state: Duration | None = None
    enable_randomized_wait: bool = False
    """Let the wait vary by `randomized_wait_factor`."""
    randomized_wait_factor: float = DEFAULT_RANDOMIZATION_FACTOR

    def to_config(self, random: Random, errors: Mapping[str, type[Exception]] = JAVA_ERRORS) -> CircuitBreakerConfig:
        """Raises UsageError for a value that is refused or an error that is not in `errors`."""
        if self.enable_exponential_backoff and self.enable_randomized_wait:
            raise UsageError("is enabled together with enableRandomizedWait", where="enableExponentialBackoff")
        values = self._given(
            "failure_rate_threshold",
            "slow_call_rate_threshold",
            "slow_call_duration_threshold",
            "sliding_window_type",
            "sliding_window_size",
            "minimum_number_of_calls",
            "permitted_number_of_calls_in_half_open_state",
            "max_wait_duration_in_half_open_state",
            "automatic_transition_from_open_to_half_open_enabled",
        )
        wait = self.wait_duration_in_open_state
        if wait is not None:
            longest = self.exponential_max_wait_duration_in_open_state
            function = self._wait(to_ms(wait), None if longest is None else to_ms(longest), random)
            name = "wait_duration_in_open_state" if function is None else "wait_interval_function_in_open_state"
            values[name] = function or wait
        return CircuitBreakerConfig(
            **values,
            record_exceptions=_errors(self.record_exceptions, errors),
            ignore_exceptions=_errors(self.ignore_exceptions, errors),
        )

    def _wait(self, wait_ms: int, longest_ms: int | None, random: Random) -> IntervalFunction | None:
        if self.enable_exponential_backoff:
            return exponential(wait_ms, self.exponential_backoff_multiplier, longest_ms)
        if self.enable_randomized_wait:
            return randomized(wait_ms, self.randomized_wait_factor, random=random)
        return None


class RetryProperties(_Properties):
    """One of `resilience4j.retry.instances`. What is absent has `RetryConfig`'s default."""

    max_attempts: int | None = None
    wait_duration: Duration = timedelta(milliseconds=500)
    enable_exponential_backoff: bool = False
    exponential_backoff_multiplier: float = DEFAULT_MULTIPLIER
    exponential_max_wait_duration: Duration | None = None
    enable_randomized_wait: bool = False
    """May stand together with `enable_exponential_backoff`."""
    randomized_wait_factor: float = DEFAULT_RANDOMIZATION_FACTOR
    retry_exceptions: tuple[str, ...] = ()
    ignore_exceptions: tuple[str, ...] = ()
    fail_after_max_attempts: bool = False

    def to_config(self, random: Random, errors: Mapping[str, type[Exception]] = JAVA_ERRORS) -> RetryConfig:
        """Raises UsageError for a value that is refused or an error that is not in `errors`."""
        return RetryConfig(
            **self._given("max_attempts"),
            wait_duration=self.wait_duration,
            interval_function=self._interval(random),
            retry_exceptions=_errors(self.retry_exceptions, errors),
            ignore_exceptions=_errors(self.ignore_exceptions, errors),
            fail_after_max_attempts=self.fail_after_max_attempts,
        )

    def _interval(self, random: Random) -> IntervalFunction | None:
        wait_ms, multiplier, factor = (
            to_ms(self.wait_duration),
            self.exponential_backoff_multiplier,
            self.randomized_wait_factor,
        )
        longest = self.exponential_max_wait_duration
        longest_ms = None if longest is None else to_ms(longest)
        if self.enable_exponential_backoff and self.enable_randomized_wait:
            return exponential_random(wait_ms, multiplier, factor, longest_ms, random=random)
        if self.enable_exponential_backoff:
            return exponential(wait_ms, multiplier, longest_ms)
        if self.enable_randomized_wait:
            return randomized(wait_ms, factor, random=random)
        return None


class TimeLimiterProperties(_Properties):
    """One of `resilience4j.timelimiter.instances`."""

    timeout_duration: Duration = timedelta(seconds=1)
    cancel_running_future: bool = True

    def to_config(self) -> TimeLimiterConfig:
        """Raises UsageError for a negative limit."""
        return TimeLimiterConfig(
            timeout_duration=self.timeout_duration, cancel_running_future=self.cancel_running_future
        )


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _CircuitBreakers(_Section):
    configs: dict[str, CircuitBreakerProperties] = Field(default_factory=dict)
    instances: dict[str, CircuitBreakerProperties] = Field(default_factory=dict)


class _Retries(_Section):
    configs: dict[str, RetryProperties] = Field(default_factory=dict)
    instances: dict[str, RetryProperties] = Field(default_factory=dict)


class _TimeLimiters(_Section):
    configs: dict[str, TimeLimiterProperties] = Field(default_factory=dict)
    instances: dict[str, TimeLimiterProperties] = Field(default_factory=dict)


class ResilienceProperties(_Section):
    """The tree under `resilience4j`."""

    circuitbreaker: _CircuitBreakers = Field(default_factory=_CircuitBreakers)
    """Breakers by name, and the configurations they may build on."""
    retry: _Retries = Field(default_factory=_Retries)
    """Retries by name."""
    timelimiter: _TimeLimiters = Field(default_factory=_TimeLimiters)
    """Time limiters by name."""

    @classmethod
    def parse(cls, tree: Any, where: str) -> ResilienceProperties:
        """The parsed YAML or JSON of `where`, with or without its `resilience4j` level. Raises InvalidFile."""
        try:
            return cls.model_validate(tree.get("resilience4j", tree) if isinstance(tree, Mapping) else tree)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise InvalidFile(f"{place}: {first['msg']}", where=where) from None

    def profile(
        self, name: str, random: Random, errors: Mapping[str, type[Exception]] = JAVA_ERRORS
    ) -> ResilienceProfile:
        """What the three instances of that name say together. Raises UsageError."""
        breakers, retries, limiters = self.circuitbreaker, self.retry, self.timelimiter
        breaker = _resolve(breakers.instances.get(name, CircuitBreakerProperties()), breakers.configs, name)
        retry = _resolve(retries.instances.get(name, RetryProperties()), retries.configs, name)
        limiter = _resolve(limiters.instances.get(name, TimeLimiterProperties()), limiters.configs, name)
        return ResilienceProfile(
            name, breaker.to_config(random, errors), retry.to_config(random, errors), limiter.to_config()
        )


def _resolve(properties: Any, configs: Mapping[str, Any], name: str, above: tuple[str, ...] = ()) -> Any:
    """The properties over their base configuration's, over its base's…; the last base is `default`."""
    base_name = properties.base_config or ("default" if name != "default" and "default" in configs else None)
    if base_name is None:
        return properties
    if base_name not in configs:
        raise UsageError(f"Configuration with name '{base_name}' does not exist", where=f"{name}.baseConfig")
    if base_name in above:
        raise UsageError(f"builds on itself: {' → '.join((*above, base_name))}", where=f"{name}.baseConfig")
    return properties.over(_resolve(configs[base_name], configs, base_name, (*above, base_name)))


def _errors(names: tuple[str, ...], errors: Mapping[str, type[Exception]]) -> tuple[type[Exception], ...]:
    for name in names:
        if name not in errors:
            raise UsageError(f"no error is known as {name}", where=name, hint=f"known: {', '.join(errors)}")
    return tuple(errors[name] for name in names)
