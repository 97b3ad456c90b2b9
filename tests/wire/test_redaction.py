"""The secrets that are cut out of messages, and the words that are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk._wire.headers import redact_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Incorrect API key provided: sk-abcd1234efgh.", "Incorrect API key provided: sk-...."),
        ("key sk-proj-Ab_9-********************wxyz", "key sk-..."),
        ("key sk-ant-api03-AAAABBBB", "key sk-..."),
        ("gsk_abcdefgh1234 refused", "gsk_... refused"),
        ("hf_abcdefgh1234 nvapi-abcdefgh xai-abcdefgh r8_abcdefgh", "hf_... nvapi-... xai-... r8_..."),
        ("key=AIzaSyA1234567890abcdefg", "key=AIza..."),
        ("Authorization: Bearer abc123def456", "Authorization: Bearer ..."),
        ("bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "bearer ..."),
        ("token eyJhbGciOiJ9.eyJzdWIiOiIx.c2lnbmF0dXJl expired", "token eyJ... expired"),
        ("Basic dXNlcjpwYXNzMTIz", "Basic ..."),
        ("proxy http://user:hunter2@proxy:3128/ said no", "proxy http://...@proxy:3128/ said no"),
        ("Get https://host/v1/models?key=hunter2&alt=sse", "Get https://host/v1/models?key=...&alt=sse"),
        ("https://host/?a=1&api_key=hunter2", "https://host/?a=1&api_key=..."),
        ("csk-abcdefgh1234 pplx-abcdefgh1234", "csk-... pplx-..."),
        ("fw_3ZabcdefghABCDEF12 tgp_v1_abcdefghABCDEF12_-x", "fw_... tgp_v1_..."),
        ("AKIAIOSFODNN7EXAMPLE ghp_abcdefghij0123456789", "AKIA... ghp_..."),
        ("xoxb-1234567890-abcdef ya29.a0AfB_byC-abcdefgh", "xoxb-... ya29...."),
        (
            "-----BEGIN EC PRIVATE KEY----- MHcCAQEE -----END EC PRIVATE KEY-----",
            "-----BEGIN EC PRIVATE KEY-----...-----END EC PRIVATE KEY-----",
        ),
        ("https://h/blob?sv=2024&sig=ab%2Bc%3D&se=1", "https://h/blob?sv=2024&sig=...&se=1"),
        ("host=h;password=hunter2;port=1 pwd=hunter2", "host=h;password=...;port=1 pwd=..."),
    ],
)
def test_secrets_are_cut(text: str, shown: str) -> None:
    """Keys, tokens and passwords are cut to the prefix that shows their kind."""
    assert redact_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Bearer token is missing",
        "Bearer authentication required",
        "the task-oriented sk-learn model",
        "model gpt-4o-mini-2024-07-18 does not exist",
        "Unable to determine provider for model. Use the provider/model format (e.g., openai/gpt-4).",
        'Post "http://127.0.0.1:8080/proxy/openai/chat/completions": net/http: timeout awaiting response headers',
        "max_tokens=5000 is over the limit of 4096 tokens",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "fw_update_of_the_router ghost npm_install",
        "password: wrong, sig too short",
        "-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    """Words near secrets, model names, addresses and numbers are kept."""
    assert redact_text(text) == text


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126, categories=["Ll", "Lu", "Nd"]), min_size=8, max_size=40)
)
def test_a_secret_of_a_known_shape_never_survives(secret: str) -> None:
    """A message with a key of any letters and digits shows none of them."""
    text = redact_text(f"key sk-{secret} or Bearer {secret}1 or http://me:{secret}@host/?token={secret}")
    assert secret not in text.replace("host", "").replace("token", "")
