"""Tools that read types at run time, and editors that complete names, see the whole public interface."""

from __future__ import annotations

import typing

import jedi
import msgspec
import pytest

import inference_gateway_sdk as sdk

CLASSES = sorted(name for name in sdk.__all__ if isinstance(getattr(sdk, name), type))
STRUCTS = [name for name in CLASSES if issubclass(getattr(sdk, name), msgspec.Struct)]


@pytest.mark.parametrize("name", STRUCTS)
def test_msgspec_can_decode_every_public_struct(name: str) -> None:
    """A user's struct may have any of ours as a field: msgspec finds every name in its annotations."""
    assert msgspec.json.Decoder(getattr(sdk, name)).type is getattr(sdk, name)


@pytest.mark.parametrize("name", [name for name in CLASSES if not typing.is_typeddict(getattr(sdk, name))])
def test_annotations_of_every_public_class_resolve(name: str) -> None:
    """`typing.get_type_hints` works, as documentation tools and dependency injection call it."""
    assert isinstance(typing.get_type_hints(getattr(sdk, name)), dict)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("from inference_gateway_sdk import InferenceGatewayCli", "InferenceGatewayClient"),
        ("import inference_gateway_sdk\ninference_gateway_sdk.Timeo", "Timeouts"),
        (
            "from inference_gateway_sdk import InferenceGatewayClient\nInferenceGatewayClient().generate_content_st",
            "generate_content_stream",
        ),
    ],
)
def test_jedi_completes_public_names(source: str, wanted: str) -> None:
    """IPython, Jupyter, Spyder and vim complete the root's names and the client's methods without running them."""
    assert wanted in [completion.name for completion in jedi.Script(source).complete()]
