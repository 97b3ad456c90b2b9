# Derived from params.py and ../_generated/params.py by scripts/generate_types: do not edit.
# pyright: reportArgumentType=false
"""The keyword parameters of the client's methods, written out: for editors, `help()` and `inspect.signature`.

Each function has the parameters of the TypedDict of its name; the default `...` means "not given". None is ever
called, and the module is loaded only when a signature is asked for.
"""

from __future__ import annotations

import os
from typing import IO
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from .._model.model import Model
from .._generated.audio import CreateMusicRequestResponseFormatValue
from .._generated.audio import CreateSfxRequestResponseFormatValue
from .._generated.audio import CreateSpeechRequestResponseFormatValue
from .._generated.chat import ChatCompletionNamedToolChoice
from .._generated.chat import ChatCompletionStreamOptions
from .._generated.chat import ChatCompletionTool
from .._generated.chat import ChatCompletionToolChoiceModeValue
from .._generated.chat import CreateChatCompletionRequestReasoningEffortValue
from .._generated.chat import CreateChatCompletionRequestResponseFormat
from .._generated.images import CreateImageEditRequestQualityValue
from .._generated.images import CreateImageEditRequestResponseFormatValue
from .._generated.images import CreateImageRequestQualityValue
from .._generated.images import CreateImageRequestResponseFormatValue
from .._generated.images import CreateImageVariationRequestResponseFormatValue
from .._generated.images import ImageSizeValue
from .._generated.messages import CacheControl
from .._generated.messages import CreateMessagesRequestServiceTierValue
from .._generated.messages import CreateMessagesRequestSpeedValue
from .._generated.messages import CreateMessagesRequestThinking
from .._generated.messages import MessagesMetadata
from .._generated.messages import MessagesOutputConfig
from .._generated.messages import MessagesTextBlock
from .._generated.messages import MessagesTool
from .._generated.messages import MessagesToolChoiceModeValue
from .._generated.messages import MessagesToolChoiceObject
from .._generated.responses import CreateResponseRequestPromptCacheRetentionValue
from .._generated.responses import CreateResponseRequestServiceTierValue
from .._generated.responses import CreateResponseRequestTruncationValue
from .._generated.responses import ResponseIncludableValue
from .._generated.responses import ResponseReasoning
from .._generated.responses import ResponseTextConfig
from .._generated.responses import ResponseTool
from .._generated.responses import ResponseToolChoiceFunction
from .._generated.responses import ResponseToolChoiceModeValue
from collections.abc import Iterable
from typing import Any
from typing import Literal
from .._generated.gateway import Provider
from .._model.cost import Price
from .._routing.candidates import Fallback
from .._run.providers import OutputMode
from .._run.result import Limits
from .._run.transcript import RunCall
from .._run.transcript import Transcript
from .._tools.tool import DialectName
from .._wire.retry import RetryPolicy
from .._wire.timeouts import Timeouts
from .accounts import Budget
from .accounts import BudgetReached
from .hooks import AsyncHook
from .hooks import Hook
from .hooks import RequestSent
from .hooks import ResponseReceived
from .hooks import RetryPlanned
from .ledger import Ledger
from .runtime import AsyncToken
from .runtime import Token
from .watching import Watcher

__all__ = [
    "call_options",
    "list_options",
    "chat_params",
    "chat_stream_params",
    "messages_params",
    "messages_stream_params",
    "response_params",
    "response_stream_params",
    "chat_run_params",
    "any_run_params",
    "messages_run_params",
    "response_run_params",
    "image_params",
    "image_edit_params",
    "image_variation_params",
    "speech_params",
    "sound_effect_params",
    "music_params",
    "video_params",
    "options",
    "async_options",
]


def call_options(
    *,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
) -> None:
    """The parameters of `CallOptions`.

    Args:
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
    """


def list_options(
    *,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
) -> None:
    """The parameters of `ListOptions`.

    Args:
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
    """


def chat_params(
    *,
    max_tokens: int = ...,
    max_completion_tokens: int = ...,
    temperature: float = ...,
    top_p: float = ...,
    frequency_penalty: float = ...,
    presence_penalty: float = ...,
    n: int = ...,
    stop: str | Sequence[str] = ...,
    seed: int = ...,
    logprobs: bool = ...,
    top_logprobs: int = ...,
    response_format: CreateChatCompletionRequestResponseFormat | Mapping[str, object] | type[object] = ...,
    logit_bias: Mapping[str, int] = ...,
    user: str = ...,
    stream_options: ChatCompletionStreamOptions | Mapping[str, object] = ...,
    tools: Sequence[ChatCompletionTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: ChatCompletionToolChoiceModeValue | str | ChatCompletionNamedToolChoice | Mapping[str, object] = ...,
    parallel_tool_calls: bool = ...,
    reasoning_format: str = ...,
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    mcp_bypass: bool = ...,
) -> None:
    """The parameters of `ChatParams`.

    Args:
        max_tokens: The token limit of the answer. Newer OpenAI models require `max_completion_tokens` instead.
        max_completion_tokens: The token limit of the answer, including reasoning.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen. Set either
            this or `top_p`.
        top_p: Sample only from the most likely tokens that together have this probability.
        frequency_penalty: Values above 0 make a token less likely with each use; values below 0 make it more
            likely.
        presence_penalty: Values above 0 make tokens that were used before less likely, which favours new
            topics.
        n: The number of answers to generate; each one is billed.
        stop: One or several strings that end the generation. They are not part of the answer.
        seed: A seed for repeatable answers, as far as the provider supports them.
        logprobs: Return the log probability of each generated token.
        top_logprobs: The number of alternatives to return for each token; needs `logprobs`.
        response_format: The answer's format, such as text, any JSON, or JSON that matches a schema.
        logit_bias: Token ids with a bias on their probability, from -100 (never) to 100 (always).
        user: Your id for the end user, which helps providers to detect abuse.
        stream_options: Options for streams.
        tools: The tools that the model may call. A gateway with active MCP replaces them by its own.
        tool_choice: The tool choice: a mode, or one tool.
        parallel_tool_calls: Allow several tool calls in one turn.
        reasoning_format: The form in which reasoning is returned, such as `raw` or `parsed`; the values depend
            on the provider.
        reasoning_effort: The amount of reasoning before the answer.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        mcp_bypass: Keep the gateway's MCP tools out, and the tools of this call in.
    """


def chat_stream_params(
    *,
    max_tokens: int = ...,
    max_completion_tokens: int = ...,
    temperature: float = ...,
    top_p: float = ...,
    frequency_penalty: float = ...,
    presence_penalty: float = ...,
    n: int = ...,
    stop: str | Sequence[str] = ...,
    seed: int = ...,
    logprobs: bool = ...,
    top_logprobs: int = ...,
    response_format: CreateChatCompletionRequestResponseFormat | Mapping[str, object] | type[object] = ...,
    logit_bias: Mapping[str, int] = ...,
    user: str = ...,
    stream_options: ChatCompletionStreamOptions | Mapping[str, object] = ...,
    tools: Sequence[ChatCompletionTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: ChatCompletionToolChoiceModeValue | str | ChatCompletionNamedToolChoice | Mapping[str, object] = ...,
    parallel_tool_calls: bool = ...,
    reasoning_format: str = ...,
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    mcp_bypass: bool = ...,
    assemble: bool = ...,
    on_truncation: Literal["raise", "return"] = ...,
) -> None:
    """The parameters of `ChatStreamParams`.

    Args:
        max_tokens: The token limit of the answer. Newer OpenAI models require `max_completion_tokens` instead.
        max_completion_tokens: The token limit of the answer, including reasoning.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen. Set either
            this or `top_p`.
        top_p: Sample only from the most likely tokens that together have this probability.
        frequency_penalty: Values above 0 make a token less likely with each use; values below 0 make it more
            likely.
        presence_penalty: Values above 0 make tokens that were used before less likely, which favours new
            topics.
        n: The number of answers to generate; each one is billed.
        stop: One or several strings that end the generation. They are not part of the answer.
        seed: A seed for repeatable answers, as far as the provider supports them.
        logprobs: Return the log probability of each generated token.
        top_logprobs: The number of alternatives to return for each token; needs `logprobs`.
        response_format: The answer's format, such as text, any JSON, or JSON that matches a schema.
        logit_bias: Token ids with a bias on their probability, from -100 (never) to 100 (always).
        user: Your id for the end user, which helps providers to detect abuse.
        stream_options: Options for streams.
        tools: The tools that the model may call. A gateway with active MCP replaces them by its own.
        tool_choice: The tool choice: a mode, or one tool.
        parallel_tool_calls: Allow several tool calls in one turn.
        reasoning_format: The form in which reasoning is returned, such as `raw` or `parsed`; the values depend
            on the provider.
        reasoning_effort: The amount of reasoning before the answer.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        mcp_bypass: Keep the gateway's MCP tools out, and the tools of this call in.
        assemble: False for a stream that keeps nothing: memory stays constant, and `final()` has no answer.
        on_truncation: Set it to "return" accepts an answer that was cut off instead of raising.
    """


def messages_params(
    *,
    system: str | Sequence[MessagesTextBlock | Mapping[str, object]] = ...,
    tools: Sequence[MessagesTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: MessagesToolChoiceModeValue | str | MessagesToolChoiceObject | Mapping[str, object] = ...,
    temperature: float = ...,
    top_p: float = ...,
    top_k: int = ...,
    stop_sequences: Sequence[str] = ...,
    metadata: MessagesMetadata | Mapping[str, object] = ...,
    thinking: CreateMessagesRequestThinking | Mapping[str, object] = ...,
    output_config: MessagesOutputConfig | Mapping[str, object] = ...,
    cache_control: CacheControl | Mapping[str, object] | None = ...,
    container: str | Mapping[str, object] | None = ...,
    context_management: Mapping[str, object] | None = ...,
    mcp_servers: Sequence[Mapping[str, object]] = ...,
    service_tier: CreateMessagesRequestServiceTierValue | str = ...,
    inference_geo: str | None = ...,
    speed: CreateMessagesRequestSpeedValue | str | None = ...,
    diagnostics: Mapping[str, object] | None = ...,
    compaction: Mapping[str, object] | None = ...,
    thread: Mapping[str, object] | None = ...,
    fallbacks: str | Sequence[Mapping[str, object]] | None = ...,
    fallback_credit_token: str | Mapping[str, object] | None = ...,
    billing_policy: Mapping[str, object] | None = ...,
    output_format: Mapping[str, object] | None = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
) -> None:
    """The parameters of `MessagesParams`.

    Args:
        system: Instructions that precede the conversation.
        tools: The tools that the model may call.
        tool_choice: The tool choice: a mode, or one tool.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen.
        top_p: Sample only from the most likely tokens that together have this probability.
        top_k: Sample only from this number of most likely tokens.
        stop_sequences: Strings that end the generation.
        metadata: Metadata of the request, for the provider.
        thinking: The settings for thinking before the answer.
        output_config: The settings of the output.
        cache_control: A cache breakpoint after the last block of the request that can be cached.
        container: A container to run code in: the id of an earlier one, or an object with `id` and `skills`.
        context_management: Edits that keep a long conversation short, such as clearing old tool results:
            `{"edits": [...]}`.
        mcp_servers: MCP servers that the provider connects to, each with `type`, `name` and `url`.
        service_tier: The capacity to use: priority capacity if there is some, or standard capacity only.
        inference_geo: The region in which the model runs; None for the default of the workspace.
        speed: The speed mode; `fast` generates more tokens per second at a higher price.
        diagnostics: Ask why the cache was missed, compared with the answer of `previous_message_id`.
        compaction: Summarize the conversation in place of an answer: `{"type": "summarize"}`.
        thread: Keep the conversation at the provider, or continue one that is kept there.
        fallbacks: Models to try, in order, when the requested one declines; or `default`.
        fallback_credit_token: The token from the `stop_details` of a refusal; it lowers the price of the retry.
        billing_policy: The organization that pays for this request: `{"type": "billing_policy", "bill_to":
            ...}`.
        output_format: A schema for the answer. Newer API versions take it as `format` of `output_config`.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
    """


def messages_stream_params(
    *,
    system: str | Sequence[MessagesTextBlock | Mapping[str, object]] = ...,
    tools: Sequence[MessagesTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: MessagesToolChoiceModeValue | str | MessagesToolChoiceObject | Mapping[str, object] = ...,
    temperature: float = ...,
    top_p: float = ...,
    top_k: int = ...,
    stop_sequences: Sequence[str] = ...,
    metadata: MessagesMetadata | Mapping[str, object] = ...,
    thinking: CreateMessagesRequestThinking | Mapping[str, object] = ...,
    output_config: MessagesOutputConfig | Mapping[str, object] = ...,
    cache_control: CacheControl | Mapping[str, object] | None = ...,
    container: str | Mapping[str, object] | None = ...,
    context_management: Mapping[str, object] | None = ...,
    mcp_servers: Sequence[Mapping[str, object]] = ...,
    service_tier: CreateMessagesRequestServiceTierValue | str = ...,
    inference_geo: str | None = ...,
    speed: CreateMessagesRequestSpeedValue | str | None = ...,
    diagnostics: Mapping[str, object] | None = ...,
    compaction: Mapping[str, object] | None = ...,
    thread: Mapping[str, object] | None = ...,
    fallbacks: str | Sequence[Mapping[str, object]] | None = ...,
    fallback_credit_token: str | Mapping[str, object] | None = ...,
    billing_policy: Mapping[str, object] | None = ...,
    output_format: Mapping[str, object] | None = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    assemble: bool = ...,
    on_truncation: Literal["raise", "return"] = ...,
) -> None:
    """The parameters of `MessagesStreamParams`.

    Args:
        system: Instructions that precede the conversation.
        tools: The tools that the model may call.
        tool_choice: The tool choice: a mode, or one tool.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen.
        top_p: Sample only from the most likely tokens that together have this probability.
        top_k: Sample only from this number of most likely tokens.
        stop_sequences: Strings that end the generation.
        metadata: Metadata of the request, for the provider.
        thinking: The settings for thinking before the answer.
        output_config: The settings of the output.
        cache_control: A cache breakpoint after the last block of the request that can be cached.
        container: A container to run code in: the id of an earlier one, or an object with `id` and `skills`.
        context_management: Edits that keep a long conversation short, such as clearing old tool results:
            `{"edits": [...]}`.
        mcp_servers: MCP servers that the provider connects to, each with `type`, `name` and `url`.
        service_tier: The capacity to use: priority capacity if there is some, or standard capacity only.
        inference_geo: The region in which the model runs; None for the default of the workspace.
        speed: The speed mode; `fast` generates more tokens per second at a higher price.
        diagnostics: Ask why the cache was missed, compared with the answer of `previous_message_id`.
        compaction: Summarize the conversation in place of an answer: `{"type": "summarize"}`.
        thread: Keep the conversation at the provider, or continue one that is kept there.
        fallbacks: Models to try, in order, when the requested one declines; or `default`.
        fallback_credit_token: The token from the `stop_details` of a refusal; it lowers the price of the retry.
        billing_policy: The organization that pays for this request: `{"type": "billing_policy", "bill_to":
            ...}`.
        output_format: A schema for the answer. Newer API versions take it as `format` of `output_config`.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        assemble: False for a stream that keeps nothing: memory stays constant, and `final()` has no answer.
        on_truncation: Set it to "return" accepts an answer that was cut off instead of raising.
    """


def response_params(
    *,
    instructions: str | None = ...,
    max_output_tokens: int | None = ...,
    temperature: float | None = ...,
    top_p: float | None = ...,
    tools: Sequence[ResponseTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: ResponseToolChoiceModeValue | str | ResponseToolChoiceFunction | Mapping[str, object] = ...,
    reasoning: ResponseReasoning | Mapping[str, object] = ...,
    text: ResponseTextConfig | Mapping[str, object] = ...,
    previous_response_id: str | None = ...,
    store: bool = ...,
    background: bool = ...,
    parallel_tool_calls: bool = ...,
    metadata: Mapping[str, str] = ...,
    user: str = ...,
    include: Sequence[ResponseIncludableValue | str] | None = ...,
    service_tier: CreateResponseRequestServiceTierValue | str | None = ...,
    conversation: str | Mapping[str, object] | None = ...,
    context_management: Sequence[Mapping[str, object]] | None = ...,
    prompt_cache_key: str | None = ...,
    prompt_cache_options: Mapping[str, object] = ...,
    prompt_cache_retention: CreateResponseRequestPromptCacheRetentionValue | str | None = ...,
    truncation: CreateResponseRequestTruncationValue | str | None = ...,
    max_tool_calls: int | None = ...,
    top_logprobs: int | None = ...,
    stream_options: Mapping[str, object] | None = ...,
    prompt: Mapping[str, object] | None = ...,
    safety_identifier: str | None = ...,
    moderation: Mapping[str, object] | None = ...,
    background_options: Mapping[str, object] = ...,
    access_programs: Mapping[str, object] = ...,
    image: Mapping[str, object] = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
) -> None:
    """The parameters of `ResponseParams`.

    Args:
        instructions: Instructions that precede the input, like a system message. They are not inherited from an
            earlier response.
        max_output_tokens: The token limit of the answer, including reasoning.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen. Set either
            this or `top_p`.
        top_p: Sample only from the most likely tokens that together have this probability.
        tools: The tools that the model may call.
        tool_choice: The tool choice: a mode, or one function.
        reasoning: The settings for reasoning models.
        text: The text's format.
        previous_response_id: The id of the stored response that this one continues.
        store: Store the response at the provider.
        background: Generate the response in the background, without an open request.
        parallel_tool_calls: Allow several tool calls in one turn.
        metadata: Your own labels, stored with the response.
        user: Your id for the end user, which helps providers to detect abuse.
        include: More data to return, such as encrypted reasoning or the sources of a web search.
        service_tier: The processing tier, which decides on speed and price.
        conversation: A conversation stored at the provider, by id or as `{"id": ...}`. Its items precede the
            input.
        context_management: Rules by which the provider shortens a long conversation, such as compaction at a
            number of tokens.
        prompt_cache_key: A key that routes requests with the same beginning to the same cache.
        prompt_cache_options: Settings of the prompt cache: `mode`, and `ttl`, the least time that an entry is
            kept.
        prompt_cache_retention: The longest time that the prompt stays in the cache. Newer models take
            `prompt_cache_options` instead.
        truncation: The treatment of input beyond the context window: `auto` drops the oldest items, `disabled`
            fails.
        max_tool_calls: The largest number of calls of the provider's own tools in one response.
        top_logprobs: The number of alternatives to return for each token, with their log probabilities.
        stream_options: Options for streams, such as `{"include_obfuscation": false}`.
        prompt: A prompt stored at the provider: its `id`, `version` and `variables`.
        safety_identifier: A stable id for the end user, such as a hashed address, which helps to detect abuse.
        moderation: Moderate the input and output: the moderation `model`, and its `policy`.
        background_options: Options for background execution, such as the `completion_window`.
        access_programs: Access programs to use for this request, by domain.
        image: Options for all images of the request, such as `context_compression`.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
    """


def response_stream_params(
    *,
    instructions: str | None = ...,
    max_output_tokens: int | None = ...,
    temperature: float | None = ...,
    top_p: float | None = ...,
    tools: Sequence[ResponseTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: ResponseToolChoiceModeValue | str | ResponseToolChoiceFunction | Mapping[str, object] = ...,
    reasoning: ResponseReasoning | Mapping[str, object] = ...,
    text: ResponseTextConfig | Mapping[str, object] = ...,
    previous_response_id: str | None = ...,
    store: bool = ...,
    background: bool = ...,
    parallel_tool_calls: bool = ...,
    metadata: Mapping[str, str] = ...,
    user: str = ...,
    include: Sequence[ResponseIncludableValue | str] | None = ...,
    service_tier: CreateResponseRequestServiceTierValue | str | None = ...,
    conversation: str | Mapping[str, object] | None = ...,
    context_management: Sequence[Mapping[str, object]] | None = ...,
    prompt_cache_key: str | None = ...,
    prompt_cache_options: Mapping[str, object] = ...,
    prompt_cache_retention: CreateResponseRequestPromptCacheRetentionValue | str | None = ...,
    truncation: CreateResponseRequestTruncationValue | str | None = ...,
    max_tool_calls: int | None = ...,
    top_logprobs: int | None = ...,
    stream_options: Mapping[str, object] | None = ...,
    prompt: Mapping[str, object] | None = ...,
    safety_identifier: str | None = ...,
    moderation: Mapping[str, object] | None = ...,
    background_options: Mapping[str, object] = ...,
    access_programs: Mapping[str, object] = ...,
    image: Mapping[str, object] = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    assemble: bool = ...,
    on_truncation: Literal["raise", "return"] = ...,
) -> None:
    """The parameters of `ResponseStreamParams`.

    Args:
        instructions: Instructions that precede the input, like a system message. They are not inherited from an
            earlier response.
        max_output_tokens: The token limit of the answer, including reasoning.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen. Set either
            this or `top_p`.
        top_p: Sample only from the most likely tokens that together have this probability.
        tools: The tools that the model may call.
        tool_choice: The tool choice: a mode, or one function.
        reasoning: The settings for reasoning models.
        text: The text's format.
        previous_response_id: The id of the stored response that this one continues.
        store: Store the response at the provider.
        background: Generate the response in the background, without an open request.
        parallel_tool_calls: Allow several tool calls in one turn.
        metadata: Your own labels, stored with the response.
        user: Your id for the end user, which helps providers to detect abuse.
        include: More data to return, such as encrypted reasoning or the sources of a web search.
        service_tier: The processing tier, which decides on speed and price.
        conversation: A conversation stored at the provider, by id or as `{"id": ...}`. Its items precede the
            input.
        context_management: Rules by which the provider shortens a long conversation, such as compaction at a
            number of tokens.
        prompt_cache_key: A key that routes requests with the same beginning to the same cache.
        prompt_cache_options: Settings of the prompt cache: `mode`, and `ttl`, the least time that an entry is
            kept.
        prompt_cache_retention: The longest time that the prompt stays in the cache. Newer models take
            `prompt_cache_options` instead.
        truncation: The treatment of input beyond the context window: `auto` drops the oldest items, `disabled`
            fails.
        max_tool_calls: The largest number of calls of the provider's own tools in one response.
        top_logprobs: The number of alternatives to return for each token, with their log probabilities.
        stream_options: Options for streams, such as `{"include_obfuscation": false}`.
        prompt: A prompt stored at the provider: its `id`, `version` and `variables`.
        safety_identifier: A stable id for the end user, such as a hashed address, which helps to detect abuse.
        moderation: Moderate the input and output: the moderation `model`, and its `policy`.
        background_options: Options for background execution, such as the `completion_window`.
        access_programs: Access programs to use for this request, by domain.
        image: Options for all images of the request, such as `context_compression`.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        assemble: False for a stream that keeps nothing: memory stays constant, and `final()` has no answer.
        on_truncation: Set it to "return" accepts an answer that was cut off instead of raising.
    """


def chat_run_params(
    *,
    max_tokens: int = ...,
    max_completion_tokens: int = ...,
    temperature: float = ...,
    top_p: float = ...,
    frequency_penalty: float = ...,
    presence_penalty: float = ...,
    n: int = ...,
    stop: str | Sequence[str] = ...,
    seed: int = ...,
    logprobs: bool = ...,
    top_logprobs: int = ...,
    response_format: CreateChatCompletionRequestResponseFormat | Mapping[str, object] | type[object] = ...,
    logit_bias: Mapping[str, int] = ...,
    user: str = ...,
    stream_options: ChatCompletionStreamOptions | Mapping[str, object] = ...,
    tools: Sequence[ChatCompletionTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: ChatCompletionToolChoiceModeValue | str | ChatCompletionNamedToolChoice | Mapping[str, object] = ...,
    parallel_tool_calls: bool = ...,
    reasoning_format: str = ...,
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    mcp_bypass: bool = ...,
    approve: Callable[[RunCall], Any] | Mapping[str, Any] | None = ...,
    limits: Limits | int | None = ...,
    on_limit: Literal["raise", "return"] = ...,
    on_tool_error: Literal["report", "raise"] = ...,
    on_progress: Callable[[Transcript], Any] | None = ...,
    concurrency: int | None = ...,
) -> None:
    """The parameters of `ChatRunParams`.

    Args:
        max_tokens: The token limit of the answer. Newer OpenAI models require `max_completion_tokens` instead.
        max_completion_tokens: The token limit of the answer, including reasoning.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen. Set either
            this or `top_p`.
        top_p: Sample only from the most likely tokens that together have this probability.
        frequency_penalty: Values above 0 make a token less likely with each use; values below 0 make it more
            likely.
        presence_penalty: Values above 0 make tokens that were used before less likely, which favours new
            topics.
        n: The number of answers to generate; each one is billed.
        stop: One or several strings that end the generation. They are not part of the answer.
        seed: A seed for repeatable answers, as far as the provider supports them.
        logprobs: Return the log probability of each generated token.
        top_logprobs: The number of alternatives to return for each token; needs `logprobs`.
        response_format: The answer's format, such as text, any JSON, or JSON that matches a schema.
        logit_bias: Token ids with a bias on their probability, from -100 (never) to 100 (always).
        user: Your id for the end user, which helps providers to detect abuse.
        stream_options: Options for streams.
        tools: The tools that the model may call. A gateway with active MCP replaces them by its own.
        tool_choice: The tool choice: a mode, or one tool.
        parallel_tool_calls: Allow several tool calls in one turn.
        reasoning_format: The form in which reasoning is returned, such as `raw` or `parsed`; the values depend
            on the provider.
        reasoning_effort: The amount of reasoning before the answer.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        mcp_bypass: Keep the gateway's MCP tools out, and the tools of this call in.
        approve: Decides on calls of tools with `approval=True`: a function, or decisions by call id.
        limits: `Limits(...)`, or a number of rounds (10 by default).
        on_limit: Set it to "return" ends the run at a limit instead of raising.
        on_tool_error: Set it to "raise" raises what a tool raises; by default the model is given its class.
        on_progress: A function that is called with the transcript before and after each tool call.
        concurrency: How many tools may run at once.
    """


def any_run_params(
    *,
    max_tokens: int = ...,
    max_completion_tokens: int = ...,
    temperature: float = ...,
    top_p: float = ...,
    frequency_penalty: float = ...,
    presence_penalty: float = ...,
    n: int = ...,
    stop: str | Sequence[str] = ...,
    seed: int = ...,
    logprobs: bool = ...,
    top_logprobs: int = ...,
    response_format: CreateChatCompletionRequestResponseFormat | Mapping[str, object] | type[object] = ...,
    logit_bias: Mapping[str, int] = ...,
    user: str = ...,
    stream_options: ChatCompletionStreamOptions | Mapping[str, object] = ...,
    tools: Sequence[ChatCompletionTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: ChatCompletionToolChoiceModeValue | str | ChatCompletionNamedToolChoice | Mapping[str, object] = ...,
    parallel_tool_calls: bool = ...,
    reasoning_format: str = ...,
    reasoning_effort: CreateChatCompletionRequestReasoningEffortValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    mcp_bypass: bool = ...,
    approve: Callable[[RunCall], Any] | Mapping[str, Any] | None = ...,
    limits: Limits | int | None = ...,
    on_limit: Literal["raise", "return"] = ...,
    on_tool_error: Literal["report", "raise"] = ...,
    on_progress: Callable[[Transcript], Any] | None = ...,
    concurrency: int | None = ...,
    output: Any = ...,
    dialect: DialectName = ...,
    provider: Provider | str | None = ...,
    output_mode: OutputMode | Literal["auto"] = ...,
) -> None:
    """The parameters of `AnyRunParams`.

    Args:
        max_tokens: The token limit of the answer. Newer OpenAI models require `max_completion_tokens` instead.
        max_completion_tokens: The token limit of the answer, including reasoning.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen. Set either
            this or `top_p`.
        top_p: Sample only from the most likely tokens that together have this probability.
        frequency_penalty: Values above 0 make a token less likely with each use; values below 0 make it more
            likely.
        presence_penalty: Values above 0 make tokens that were used before less likely, which favours new
            topics.
        n: The number of answers to generate; each one is billed.
        stop: One or several strings that end the generation. They are not part of the answer.
        seed: A seed for repeatable answers, as far as the provider supports them.
        logprobs: Return the log probability of each generated token.
        top_logprobs: The number of alternatives to return for each token; needs `logprobs`.
        response_format: The answer's format, such as text, any JSON, or JSON that matches a schema.
        logit_bias: Token ids with a bias on their probability, from -100 (never) to 100 (always).
        user: Your id for the end user, which helps providers to detect abuse.
        stream_options: Options for streams.
        tools: The tools that the model may call. A gateway with active MCP replaces them by its own.
        tool_choice: The tool choice: a mode, or one tool.
        parallel_tool_calls: Allow several tool calls in one turn.
        reasoning_format: The form in which reasoning is returned, such as `raw` or `parsed`; the values depend
            on the provider.
        reasoning_effort: The amount of reasoning before the answer.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        mcp_bypass: Keep the gateway's MCP tools out, and the tools of this call in.
        approve: Decides on calls of tools with `approval=True`: a function, or decisions by call id.
        limits: `Limits(...)`, or a number of rounds (10 by default).
        on_limit: Set it to "return" ends the run at a limit instead of raising.
        on_tool_error: Set it to "raise" raises what a tool raises; by default the model is given its class.
        on_progress: A function that is called with the transcript before and after each tool call.
        concurrency: How many tools may run at once.
        output: The type of the answer; `str` for text.
        dialect: The endpoint to use: "chat", "responses" or "messages".
        provider: The provider of a bare model name.
        output_mode: How the model is constrained to `output`: "schema", "tool", "json", "prompt", or "auto".
    """


def messages_run_params(
    *,
    system: str | Sequence[MessagesTextBlock | Mapping[str, object]] = ...,
    tools: Sequence[MessagesTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: MessagesToolChoiceModeValue | str | MessagesToolChoiceObject | Mapping[str, object] = ...,
    temperature: float = ...,
    top_p: float = ...,
    top_k: int = ...,
    stop_sequences: Sequence[str] = ...,
    metadata: MessagesMetadata | Mapping[str, object] = ...,
    thinking: CreateMessagesRequestThinking | Mapping[str, object] = ...,
    output_config: MessagesOutputConfig | Mapping[str, object] = ...,
    cache_control: CacheControl | Mapping[str, object] | None = ...,
    container: str | Mapping[str, object] | None = ...,
    context_management: Mapping[str, object] | None = ...,
    mcp_servers: Sequence[Mapping[str, object]] = ...,
    service_tier: CreateMessagesRequestServiceTierValue | str = ...,
    inference_geo: str | None = ...,
    speed: CreateMessagesRequestSpeedValue | str | None = ...,
    diagnostics: Mapping[str, object] | None = ...,
    compaction: Mapping[str, object] | None = ...,
    thread: Mapping[str, object] | None = ...,
    fallbacks: str | Sequence[Mapping[str, object]] | None = ...,
    fallback_credit_token: str | Mapping[str, object] | None = ...,
    billing_policy: Mapping[str, object] | None = ...,
    output_format: Mapping[str, object] | None = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    approve: Callable[[RunCall], Any] | Mapping[str, Any] | None = ...,
    limits: Limits | int | None = ...,
    on_limit: Literal["raise", "return"] = ...,
    on_tool_error: Literal["report", "raise"] = ...,
    on_progress: Callable[[Transcript], Any] | None = ...,
    concurrency: int | None = ...,
) -> None:
    """The parameters of `MessagesRunParams`.

    Args:
        system: Instructions that precede the conversation.
        tools: The tools that the model may call.
        tool_choice: The tool choice: a mode, or one tool.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen.
        top_p: Sample only from the most likely tokens that together have this probability.
        top_k: Sample only from this number of most likely tokens.
        stop_sequences: Strings that end the generation.
        metadata: Metadata of the request, for the provider.
        thinking: The settings for thinking before the answer.
        output_config: The settings of the output.
        cache_control: A cache breakpoint after the last block of the request that can be cached.
        container: A container to run code in: the id of an earlier one, or an object with `id` and `skills`.
        context_management: Edits that keep a long conversation short, such as clearing old tool results:
            `{"edits": [...]}`.
        mcp_servers: MCP servers that the provider connects to, each with `type`, `name` and `url`.
        service_tier: The capacity to use: priority capacity if there is some, or standard capacity only.
        inference_geo: The region in which the model runs; None for the default of the workspace.
        speed: The speed mode; `fast` generates more tokens per second at a higher price.
        diagnostics: Ask why the cache was missed, compared with the answer of `previous_message_id`.
        compaction: Summarize the conversation in place of an answer: `{"type": "summarize"}`.
        thread: Keep the conversation at the provider, or continue one that is kept there.
        fallbacks: Models to try, in order, when the requested one declines; or `default`.
        fallback_credit_token: The token from the `stop_details` of a refusal; it lowers the price of the retry.
        billing_policy: The organization that pays for this request: `{"type": "billing_policy", "bill_to":
            ...}`.
        output_format: A schema for the answer. Newer API versions take it as `format` of `output_config`.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        approve: Decides on calls of tools with `approval=True`: a function, or decisions by call id.
        limits: `Limits(...)`, or a number of rounds (10 by default).
        on_limit: Set it to "return" ends the run at a limit instead of raising.
        on_tool_error: Set it to "raise" raises what a tool raises; by default the model is given its class.
        on_progress: A function that is called with the transcript before and after each tool call.
        concurrency: How many tools may run at once.
    """


def response_run_params(
    *,
    instructions: str | None = ...,
    max_output_tokens: int | None = ...,
    temperature: float | None = ...,
    top_p: float | None = ...,
    tools: Sequence[ResponseTool | Mapping[str, object] | Callable[..., object] | Model] = ...,
    tool_choice: ResponseToolChoiceModeValue | str | ResponseToolChoiceFunction | Mapping[str, object] = ...,
    reasoning: ResponseReasoning | Mapping[str, object] = ...,
    text: ResponseTextConfig | Mapping[str, object] = ...,
    previous_response_id: str | None = ...,
    store: bool = ...,
    background: bool = ...,
    parallel_tool_calls: bool = ...,
    metadata: Mapping[str, str] = ...,
    user: str = ...,
    include: Sequence[ResponseIncludableValue | str] | None = ...,
    service_tier: CreateResponseRequestServiceTierValue | str | None = ...,
    conversation: str | Mapping[str, object] | None = ...,
    context_management: Sequence[Mapping[str, object]] | None = ...,
    prompt_cache_key: str | None = ...,
    prompt_cache_options: Mapping[str, object] = ...,
    prompt_cache_retention: CreateResponseRequestPromptCacheRetentionValue | str | None = ...,
    truncation: CreateResponseRequestTruncationValue | str | None = ...,
    max_tool_calls: int | None = ...,
    top_logprobs: int | None = ...,
    stream_options: Mapping[str, object] | None = ...,
    prompt: Mapping[str, object] | None = ...,
    safety_identifier: str | None = ...,
    moderation: Mapping[str, object] | None = ...,
    background_options: Mapping[str, object] = ...,
    access_programs: Mapping[str, object] = ...,
    image: Mapping[str, object] = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    approve: Callable[[RunCall], Any] | Mapping[str, Any] | None = ...,
    limits: Limits | int | None = ...,
    on_limit: Literal["raise", "return"] = ...,
    on_tool_error: Literal["report", "raise"] = ...,
    on_progress: Callable[[Transcript], Any] | None = ...,
    concurrency: int | None = ...,
) -> None:
    """The parameters of `ResponseRunParams`.

    Args:
        instructions: Instructions that precede the input, like a system message. They are not inherited from an
            earlier response.
        max_output_tokens: The token limit of the answer, including reasoning.
        temperature: The randomness of the sampling: near 0 the most likely token is always chosen. Set either
            this or `top_p`.
        top_p: Sample only from the most likely tokens that together have this probability.
        tools: The tools that the model may call.
        tool_choice: The tool choice: a mode, or one function.
        reasoning: The settings for reasoning models.
        text: The text's format.
        previous_response_id: The id of the stored response that this one continues.
        store: Store the response at the provider.
        background: Generate the response in the background, without an open request.
        parallel_tool_calls: Allow several tool calls in one turn.
        metadata: Your own labels, stored with the response.
        user: Your id for the end user, which helps providers to detect abuse.
        include: More data to return, such as encrypted reasoning or the sources of a web search.
        service_tier: The processing tier, which decides on speed and price.
        conversation: A conversation stored at the provider, by id or as `{"id": ...}`. Its items precede the
            input.
        context_management: Rules by which the provider shortens a long conversation, such as compaction at a
            number of tokens.
        prompt_cache_key: A key that routes requests with the same beginning to the same cache.
        prompt_cache_options: Settings of the prompt cache: `mode`, and `ttl`, the least time that an entry is
            kept.
        prompt_cache_retention: The longest time that the prompt stays in the cache. Newer models take
            `prompt_cache_options` instead.
        truncation: The treatment of input beyond the context window: `auto` drops the oldest items, `disabled`
            fails.
        max_tool_calls: The largest number of calls of the provider's own tools in one response.
        top_logprobs: The number of alternatives to return for each token, with their log probabilities.
        stream_options: Options for streams, such as `{"include_obfuscation": false}`.
        prompt: A prompt stored at the provider: its `id`, `version` and `variables`.
        safety_identifier: A stable id for the end user, such as a hashed address, which helps to detect abuse.
        moderation: Moderate the input and output: the moderation `model`, and its `policy`.
        background_options: Options for background execution, such as the `completion_window`.
        access_programs: Access programs to use for this request, by domain.
        image: Options for all images of the request, such as `context_compression`.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        approve: Decides on calls of tools with `approval=True`: a function, or decisions by call id.
        limits: `Limits(...)`, or a number of rounds (10 by default).
        on_limit: Set it to "return" ends the run at a limit instead of raising.
        on_tool_error: Set it to "raise" raises what a tool raises; by default the model is given its class.
        on_progress: A function that is called with the transcript before and after each tool call.
        concurrency: How many tools may run at once.
    """


def image_params(
    *,
    model: str = ...,
    n: int = ...,
    size: ImageSizeValue | str = ...,
    quality: CreateImageRequestQualityValue | str = ...,
    response_format: CreateImageRequestResponseFormatValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
) -> None:
    """The parameters of `ImageParams`.

    Args:
        model: `provider/name`, or a bare name together with a provider.
        n: The number of images; some models generate only one.
        size: The images' size.
        quality: The quality of the images. Each model supports only some of the values.
        response_format: Return URLs or bytes; the GPT image models always return bytes.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
    """


def image_edit_params(
    *,
    mask: bytes | os.PathLike[str] | IO[bytes] = ...,
    model: str = ...,
    n: int = ...,
    size: ImageSizeValue | str = ...,
    quality: CreateImageEditRequestQualityValue | str = ...,
    response_format: CreateImageEditRequestResponseFormatValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
) -> None:
    """The parameters of `ImageEditParams`.

    Args:
        mask: A PNG of the same size whose transparent areas mark the parts to edit.
        model: `provider/name`, or a bare name together with a provider.
        n: The number of results.
        size: The results' size.
        quality: The quality of the results. Each model supports only some of the values.
        response_format: Return URLs or bytes; the GPT image models always return bytes.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
    """


def image_variation_params(
    *,
    model: str = ...,
    n: int = ...,
    size: ImageSizeValue | str = ...,
    response_format: CreateImageVariationRequestResponseFormatValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
) -> None:
    """The parameters of `ImageVariationParams`.

    Args:
        model: `provider/name`, or a bare name together with a provider.
        n: The number of variations.
        size: The variations' size.
        response_format: Return URLs or bytes.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
    """


def speech_params(
    *,
    instructions: str = ...,
    response_format: CreateSpeechRequestResponseFormatValue | str = ...,
    speed: float = ...,
    language: str = ...,
    reference_audio: str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
) -> None:
    """The parameters of `SpeechParams`.

    Args:
        instructions: Instructions for the speech, such as mood, pace or accent.
        response_format: The file format of the audio.
        speed: The speed of the speech; 1 is normal.
        language: The language of the text as two letters (ISO 639-1).
        reference_audio: A recording of the voice to imitate, as base64.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
    """


def sound_effect_params(
    *,
    duration_seconds: float = ...,
    prompt_influence: float = ...,
    loop: bool = ...,
    response_format: CreateSfxRequestResponseFormatValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
) -> None:
    """The parameters of `SoundEffectParams`.

    Args:
        duration_seconds: The length in seconds; if left out, the model decides.
        prompt_influence: The influence of the prompt, from 0 (loose) to 1 (exact).
        loop: Generate a sound that loops without a gap.
        response_format: The file format of the audio.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
    """


def music_params(
    *,
    duration_seconds: float = ...,
    instrumental: bool = ...,
    response_format: CreateMusicRequestResponseFormatValue | str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
) -> None:
    """The parameters of `MusicParams`.

    Args:
        duration_seconds: The length in seconds; if left out, the model decides.
        instrumental: Generate music without vocals.
        response_format: The file format of the audio.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
    """


def video_params(
    *,
    input_reference: bytes | os.PathLike[str] | IO[bytes] = ...,
    reference_images: Sequence[bytes | os.PathLike[str] | IO[bytes]] = ...,
    audio: bytes | os.PathLike[str] | IO[bytes] = ...,
    seconds: str = ...,
    size: str = ...,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    extra_query: Mapping[str, str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    extra_body: Mapping[str, Any] | None = ...,
) -> None:
    """The parameters of `VideoParams`.

    Args:
        input_reference: A picture that the video begins with, or the portrait to animate.
        reference_images: Pictures of a character, which keep it alike from shot to shot. Few models use them.
        audio: A WAV or MPEG recording that the portrait speaks. The video is then as long as it, whatever
            `seconds` is.
        seconds: The length in seconds, as text: `8`. Each provider takes only some lengths.
        size: Width and height in pixels, such as `1280x720`. Each provider takes only some sizes.
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        extra_query: Query parameters to add to the URL.
        tags: Names and values for watchers, added to the client's. They are not sent.
        extra_body: Fields to add to the body that are no parameters of the method.
    """


def options(
    *,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None = ...,
    max_tokens: int | None = ...,
    temperature: float | None = ...,
    max_body: int = ...,
    max_event: int = ...,
    watchers: Iterable[Watcher] | None = ...,
    ledger: Ledger | None = ...,
    budget: Budget | Iterable[Budget] | None = ...,
    prices: Mapping[str, Price] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    token: Token | None = ...,
    on_request: Hook[RequestSent] | None = ...,
    on_response: Hook[ResponseReceived] | None = ...,
    on_retry: Hook[RetryPlanned] | None = ...,
    on_budget: Hook[BudgetReached] | None = ...,
) -> None:
    """The parameters of `Options`.

    Args:
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        tools: Tools that are offered with every chat that names none.
        max_tokens: The token limit of every chat that sets none.
        temperature: The sampling temperature of every chat that sets none.
        max_body: Maximum size of a body that is read whole, in bytes.
        max_event: Maximum size of one event of a stream, in bytes.
        watchers: Observers of whole calls, in place of the client's.
        ledger: A ledger that records the cost of every call.
        budget: Budgets that every call must fit in, in place of the client's.
        prices: Prices by model, in place of the client's.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        tags: Names and values for watchers, added to the client's. They are not sent.
        token: The bearer token, or a function that returns it.
        on_request: A function that is called with a `RequestSent` before each attempt.
        on_response: A function that is called with a `ResponseReceived` after each response.
        on_retry: A function that is called with a `RetryPlanned` before each retry.
        on_budget: A function that is called with a `BudgetReached` when a share of a budget is used.
    """


def async_options(
    *,
    timeout: Timeouts | float | None = ...,
    max_retries: int = ...,
    retry: RetryPolicy | None = ...,
    headers: Mapping[str, str] | None = ...,
    tools: Iterable[ChatCompletionTool | Mapping[str, Any]] | None = ...,
    max_tokens: int | None = ...,
    temperature: float | None = ...,
    max_body: int = ...,
    max_event: int = ...,
    watchers: Iterable[Watcher] | None = ...,
    ledger: Ledger | None = ...,
    budget: Budget | Iterable[Budget] | None = ...,
    prices: Mapping[str, Price] | None = ...,
    fallback: Fallback | Iterable[str] | None = ...,
    tags: Mapping[str, str] | None = ...,
    token: AsyncToken | None = ...,
    on_request: AsyncHook[RequestSent] | None = ...,
    on_response: AsyncHook[ResponseReceived] | None = ...,
    on_retry: AsyncHook[RetryPlanned] | None = ...,
    on_budget: AsyncHook[BudgetReached] | None = ...,
) -> None:
    """The parameters of `AsyncOptions`.

    Args:
        timeout: Timeouts of this call: `Timeouts`, or a number of seconds that bounds everything.
        max_retries: How often this request is retried where that is safe.
        retry: A `RetryPolicy` for this call.
        headers: Headers of this call; they replace the client's of the same name.
        tools: Tools that are offered with every chat that names none.
        max_tokens: The token limit of every chat that sets none.
        temperature: The sampling temperature of every chat that sets none.
        max_body: Maximum size of a body that is read whole, in bytes.
        max_event: Maximum size of one event of a stream, in bytes.
        watchers: Observers of whole calls, in place of the client's.
        ledger: A ledger that records the cost of every call.
        budget: Budgets that every call must fit in, in place of the client's.
        prices: Prices by model, in place of the client's.
        fallback: Models to ask when the first one fails, or a `Fallback`.
        tags: Names and values for watchers, added to the client's. They are not sent.
        token: The bearer token, or a function that returns it.
        on_request: A function that is called with a `RequestSent` before each attempt.
        on_response: A function that is called with a `ResponseReceived` after each response.
        on_retry: A function that is called with a `RetryPlanned` before each retry.
        on_budget: A function that is called with a `BudgetReached` when a share of a budget is used.
    """
