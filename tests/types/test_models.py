"""The behaviour of every type of the contract: repr, comparison, copies, pickles, matching, and conveniences."""

from __future__ import annotations

import copy
import dataclasses
import io
import pickle
from typing import Any, TypedDict

import msgspec
import pydantic
import pytest

import inference_gateway_sdk as sdk
from inference_gateway_sdk import (
    ChatCompletionMessageToolCall,
    ChatCompletionMessageToolCallFunction,
    ChatCompletionToolType,
    ContentPart,
    CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
    DeserializationError,
    FinishReason,
    ImageContentPart,
    ImageSize,
    ImageUrl,
    ListModelsResponse,
    ListToolsResponse,
    Message,
    MessageRole,
    Meta,
    Model,
    SsEventEvent,
    TextContentPart,
    UnknownContentPart,
)
from inference_gateway_sdk._model.model import Model as Base
from inference_gateway_sdk._model.unknown_fields import mark_incomplete, mark_ran_on_gateway, set_meta
from inference_gateway_sdk._wire.headers import Headers

CLASSES = [
    value
    for name in sdk.types.__all__
    if isinstance(value := getattr(sdk, name), type) and issubclass(value, Base) and value is not Base
]
META = Meta(status=200, headers=Headers([("X-Selected-Provider", "groq")]), elapsed=0.5, raw=b"{}")


def reply(**more: Any) -> CreateChatCompletionResponse:
    """Return a small answer."""
    message = {"role": "assistant", "content": "Hello.", "x": 1}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return CreateChatCompletionResponse.from_dict(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], **more}
    )


class TestEveryClass:
    @pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
    def test_it_has_a_docstring_a_module_and_a_name(self, cls: type[Base]) -> None:
        """Each class has a docstring, the public module and a root name that resolves to it."""
        assert cls.__doc__
        assert cls.__module__ == "inference_gateway_sdk"
        assert getattr(sdk, cls.__name__) is cls

    @pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
    def test_it_travels(self, cls: type[Base]) -> None:
        """An object without fields but an unknown one survives pickle, copy, JSON and dict."""
        value = cls.from_dict({"x": [1]})
        for other in (
            pickle.loads(pickle.dumps(value)),
            copy.copy(value),
            copy.deepcopy(value),
            cls.from_json(value.to_json()),
            cls.from_dict(value.to_dict()),
        ):
            assert other == value
            assert other.extra_fields == {"x": [1]}
        assert value != cls.from_dict({"x": [2]})
        assert repr(value).startswith(cls.__name__ + "(")

    @pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
    def test_it_is_a_field_of_pydantic_models(self, cls: type[Base]) -> None:
        """A model is validated from a mapping or an instance, dumped whole, and described in a JSON schema."""
        adapter = pydantic.TypeAdapter(cls)
        value = adapter.validate_python({"x": [1]})
        assert isinstance(value, cls)
        assert adapter.validate_python(value) is value
        assert adapter.dump_python(value) == value.to_dict()
        assert adapter.validate_json(adapter.dump_json(value)) == value
        assert adapter.json_schema(mode="validation")["title"] == cls.__name__
        assert adapter.json_schema(mode="serialization")["type"] == "object"
        with pytest.raises(pydantic.ValidationError, match=cls.__name__):
            adapter.validate_python([])


class TestShowing:
    def test_only_what_is_set_is_shown(self) -> None:
        """A repr names the fields that are set, and not how the object keeps the others."""
        shown = repr(Message(role=MessageRole.USER, content="hi"))
        assert shown == "Message(role='user', content='hi')"
        assert "kept" not in repr(reply())

    def test_long_texts_and_lists_are_cut(self) -> None:
        """The repr of a base64 image or of a thousand choices is short."""
        shown = repr(Message.from_dict({"role": "user", "content": "a" * 10_000, "x": list(range(1000))}))
        assert len(shown) < 250
        assert "10000 characters" in shown
        assert "1000 in all" in shown

    def test_secrets_are_hidden(self) -> None:
        """A field that is named like a secret is not shown, at any depth; token counts are."""
        shown = repr(
            Message.from_dict({"role": "user", "content": "a", "api_key": "sk-1", "x": {"client-secret": "s"}})
        )
        assert "sk-1" not in shown
        assert "'s'" not in shown
        usage = sdk.CompletionUsage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
        assert "prompt_tokens=1" in repr(usage)

    def test_rich_shows_the_same_fields(self) -> None:
        """Printed by rich, an object shows its fields without the hidden one."""
        rich = pytest.importorskip("rich.console", reason="rich comes with the cli extra")
        out = io.StringIO()
        rich.Console(file=out, width=200).print(reply())
        assert "Hello." in out.getvalue()
        assert "kept" not in out.getvalue()

    def test_an_unknown_variant_shows_its_mapping(self) -> None:
        """The repr of an unlisted variant is short too."""
        assert repr(UnknownContentPart({"type": "x"})) == "UnknownContentPart({'type': 'x'})"


class TestComparing:
    def test_meta_does_not_count(self) -> None:
        """Two answers with the same content are equal, whatever their metadata."""
        one, other = reply(), reply()
        set_meta(one, META)
        assert one == other
        assert other == one
        assert one.meta is META
        assert other.meta is None

    def test_what_was_kept_counts(self) -> None:
        """Unknown, mistyped and missing fields are part of the value."""
        assert reply(x=1) != reply()
        assert reply(created="1") != reply()
        assert Message.from_dict({"role": "user"}) != Message.from_dict({"role": "user", "content": None})

    def test_other_things_are_not_equal(self) -> None:
        """Comparing with another type is False, not an error."""
        assert reply() != {"id": "1"}
        assert UnknownContentPart({}) != {}

    def test_a_shallow_copy_does_not_share_its_marks(self) -> None:
        """A mark set on one copy is not set on the other."""
        one = reply(x=1)
        other = copy.copy(one)
        mark_incomplete(other)
        assert (one.complete, other.complete) == (True, False)
        assert one != other


class TestEnumerations:
    def test_known_values_are_members_and_unknown_ones_are_themselves(self) -> None:
        """Known and unknown values are equal to and hash like their text, pickle and match."""
        unlisted = FinishReason("eos")
        assert FinishReason("stop") is FinishReason.STOP
        assert (unlisted, unlisted.value, str(unlisted)) == ("eos", "eos", "eos")
        assert {unlisted: 1}["eos"] == 1
        assert {"stop": 1}[FinishReason.STOP] == 1
        assert len(FinishReason) == 5
        for other in (pickle.loads(pickle.dumps(unlisted)), copy.copy(unlisted), copy.deepcopy(unlisted)):
            assert other == unlisted
            assert isinstance(other, FinishReason)
        assert repr(FinishReason.STOP) == "FinishReason.STOP"
        assert repr(FinishReason("STOP")) == "FinishReason('STOP')"

    def test_what_is_no_text_is_no_value(self) -> None:
        """Only strings can be values."""
        with pytest.raises(ValueError, match="5 is not a valid FinishReason"):
            FinishReason(5)

    def test_members_have_names_that_python_allows(self) -> None:
        """Sizes and dashes become valid names; the values stay."""
        assert ImageSize.SIZE_1024X1024 == "1024x1024"
        assert SsEventEvent.MESSAGE_START == "message-start"

    def test_pydantic_takes_unknown_values(self) -> None:
        """A pydantic field of an enumeration keeps an unlisted value."""
        adapter = pydantic.TypeAdapter(FinishReason)
        assert adapter.validate_python("eos") == "eos"
        assert adapter.validate_python("stop") is FinishReason.STOP
        assert adapter.dump_json(adapter.validate_python("eos")) == b'"eos"'
        assert adapter.json_schema()["type"] == "string"
        with pytest.raises(pydantic.ValidationError):
            adapter.validate_python(5)


class TestUnions:
    PARTS = (
        TextContentPart(text="a"),
        ImageContentPart(image_url=ImageUrl(url="u")),
        UnknownContentPart({"type": "x", "n": 1}),
    )

    @pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
    def test_each_variant_is_of_the_union(self, part: Any) -> None:
        """Isinstance agrees with type checkers, and equal copies are picklable."""
        assert isinstance(part, ContentPart)
        assert pickle.loads(pickle.dumps(part)) == part == copy.deepcopy(part)

    def test_other_things_are_not(self) -> None:
        """Neither a mapping nor a message is a content part."""
        assert not isinstance({}, ContentPart)
        assert not isinstance(reply(), ContentPart)

    def test_match_distinguishes_them(self) -> None:
        """Keyword patterns work on every variant."""

        def describe(part: Any) -> str:
            match part:
                case TextContentPart(text=text):
                    return text
                case ImageContentPart(image_url=ImageUrl(url=url)):
                    return url
                case UnknownContentPart(data={"n": n}):
                    return str(n)
            return "none"

        assert [describe(part) for part in self.PARTS] == ["a", "u", "1"]

    def test_the_one_value_of_a_tag_need_not_be_spelt(self) -> None:
        """A part made by hand is sent with its type."""
        assert self.PARTS[0].to_dict() == {"type": "text", "text": "a"}

    def test_pydantic_picks_the_variant(self) -> None:
        """A union in a pydantic model reads each variant and keeps the unlisted one."""
        adapter = pydantic.TypeAdapter(list[ContentPart])
        raw = [{"type": "text", "text": "a", "x": 1}, {"type": "new", "n": 1}]
        known, unlisted = adapter.validate_python(raw)
        assert isinstance(known, TextContentPart)
        assert isinstance(unlisted, UnknownContentPart)
        assert adapter.dump_python([known, unlisted]) == raw
        assert adapter.json_schema()["items"]["title"] == "ContentPart"
        assert pydantic.TypeAdapter(UnknownContentPart).validate_python({"a": 1}).data == {"a": 1}

    def test_an_unknown_variant_is_made_of_a_mapping_only(self) -> None:
        """An unknown variant from anything but a mapping is a TypeError with the reason."""
        with pytest.raises(TypeError, match="data must be a mapping, got list"):
            UnknownContentPart([])  # type: ignore[arg-type]


class TestChat:
    def test_an_answer_gives_its_first_choice(self) -> None:
        """Text, message and tool calls are the first choice's."""
        answer = reply()
        assert answer.text == "Hello."
        assert answer.message is answer.choices[0].message
        assert answer.tool_calls == []
        assert answer.complete

    def test_an_answer_without_choices_gives_nothing(self) -> None:
        """An answer without choices, and a choice without a message, give None without an error."""
        empty = reply(choices=None)
        assert (empty.text, empty.message, empty.tool_calls) == (None, None, [])
        odd = reply(choices=[{"index": 0}])
        assert (odd.text, odd.message, odd.tool_calls) == (None, None, [])

    def test_a_message_joins_its_text_parts(self) -> None:
        """Parts without text are skipped; without any text the result is None."""
        parts = [{"type": "text", "text": "a"}, {"type": "x"}, {"type": "text", "text": "b"}]
        assert Message.from_dict({"role": "user", "content": parts}).text == "ab"
        assert Message.from_dict({"role": "user", "content": [{"type": "x"}]}).text is None
        assert Message.from_dict({"role": "user", "content": None}).text is None

    def test_a_chunk_gives_the_text_it_adds(self) -> None:
        """The first choice with content counts; usage chunks and odd ones add nothing."""

        def chunk(*choices: Any) -> CreateChatCompletionStreamResponse:
            return CreateChatCompletionStreamResponse.from_dict({"choices": list(choices)})

        assert chunk({"index": 0, "delta": {}}, {"index": 1, "delta": {"content": "b"}}).text == "b"
        assert chunk({"index": 0, "delta": {"content": ""}}).text == ""
        assert chunk().text is None
        assert chunk({"index": 0}).text is None

    def test_a_tool_call_that_the_gateway_ran_is_marked(self) -> None:
        """The mark is part of the value, is pickled, and is not sent."""
        call = ChatCompletionMessageToolCall(
            id="1", function=ChatCompletionMessageToolCallFunction(name="f", arguments="{}")
        )
        assert call.type is ChatCompletionToolType.FUNCTION
        sent = call.to_json()
        assert not call.ran_on_gateway
        mark_ran_on_gateway(call)
        assert call.ran_on_gateway
        assert pickle.loads(pickle.dumps(call)).ran_on_gateway
        assert call.to_json() == sent


class TestListings:
    def test_they_are_gone_through(self) -> None:
        """A list of models or tools iterates and counts its data, and is true even when empty."""
        entry = {"id": "a/b", "object": "model", "created": 1, "owned_by": "x", "served_by": "new-provider"}
        listing = ListModelsResponse.from_dict({"object": "list", "data": [entry]})
        assert [model.id for model in listing] == ["a/b"]
        assert isinstance(next(iter(listing)), Model)
        assert next(iter(listing)).served_by == "new-provider"
        assert len(listing) == 1
        empty = ListToolsResponse.from_dict({"object": "list", "data": None})
        assert list(empty) == []
        assert empty


class TestMeta:
    def test_it_survives_a_pickle_with_its_answer(self) -> None:
        """An unpickled answer keeps its metadata."""
        answer = reply()
        set_meta(answer, META)
        assert pickle.loads(pickle.dumps(answer)).meta == META
        assert copy.deepcopy(answer).meta == META

    def test_it_shows_itself_shortly(self) -> None:
        """The repr counts the body instead of printing it."""
        assert repr(META) == "Meta(status=200, elapsed=0.500, attempts=1, raw=<2 bytes>)"
        routed = Meta(status=200, headers={}, selected_provider="groq", selected_model="m")
        assert "selected=groq/m" in repr(routed)


class Weather(msgspec.Struct):
    city: str
    days: int = 1


@dataclasses.dataclass
class WeatherData:
    city: str
    days: int = 1


class WeatherDict(TypedDict):
    city: str


class WeatherModel(pydantic.BaseModel):
    city: str
    days: int = 1


class TestArguments:
    @staticmethod
    def function(arguments: Any) -> ChatCompletionMessageToolCallFunction:
        """Return a call with these arguments."""
        return ChatCompletionMessageToolCallFunction.from_dict({"name": "weather", "arguments": arguments})

    @pytest.mark.parametrize("kind", [Weather, WeatherData, WeatherModel])
    def test_they_become_the_type_asked_for(self, kind: Any) -> None:
        """The text is parsed as a struct, a dataclass or a pydantic model."""
        assert self.function('{"city": "Bonn"}').parse_arguments(kind) == kind(city="Bonn")

    def test_plain_kinds_are_dicts(self) -> None:
        """Without a type, and as a TypedDict, arguments are a dict."""
        assert self.function('{"city": "Bonn"}').parse_arguments() == {"city": "Bonn"}
        assert self.function('{"city": "Bonn"}').parse_arguments(WeatherDict) == {"city": "Bonn"}

    @pytest.mark.parametrize("nothing", ["", "  ", None])
    def test_none_at_all_are_an_empty_object(self, nothing: Any) -> None:
        """Empty arguments, which models send for tools without parameters, are an empty object."""
        assert self.function(nothing).parse_arguments() == {}

    def test_an_object_in_place_of_text_is_taken(self) -> None:
        """Arguments sent as an object are accepted."""
        assert self.function({"city": "Bonn"}).parse_arguments(Weather) == Weather(city="Bonn")

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ('{"city": ', dict),
            ("[1]", dict),
            ('{"city": 5}', Weather),
            ("{}", WeatherData),
            ("{}", WeatherDict),
            ('{"city": "Bonn", "days": "x"}', WeatherModel),
        ],
    )
    def test_what_does_not_fit_holds_the_text(self, text: str, kind: Any) -> None:
        """The error names the tool and has the model's text."""
        with pytest.raises(DeserializationError, match="the arguments of weather do not fit") as caught:
            self.function(text).parse_arguments(kind)
        assert caught.value.text == text


class TestPydanticModels:
    def test_a_model_with_contract_fields_round_trips(self) -> None:
        """A conversation kept in a pydantic model survives JSON without loss."""

        class Conversation(pydantic.BaseModel):
            messages: list[Message]
            last: CreateChatCompletionResponse | None = None

        raw = {"messages": [{"role": "user", "content": "a", "x": {"deep": None}}], "last": reply(y=1).to_dict()}
        kept = Conversation.model_validate(raw)
        assert kept.messages[0].extra_fields == {"x": {"deep": None}}
        assert kept.model_dump() == raw
        assert Conversation.model_validate_json(kept.model_dump_json()) == kept
        described = Conversation.model_json_schema()["properties"]["messages"]["items"]
        assert described["required"] == ["role", "content"]

    def test_objects_inside_mappings_are_taken_as_they_are(self) -> None:
        """A mapping built by hand may hold typed objects."""
        part = TextContentPart(text="a")
        message = Message.from_dict({"role": MessageRole.USER, "content": [part]})
        assert message.content == [part]
