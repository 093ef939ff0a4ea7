"""What FastGPT sends, typed and forgiving: a field of the wrong kind counts as absent, an unknown one is ignored.

Shapes differ by version (4.8 to 4.16), so content items are told apart by which field they have, not by `type`.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bridge.domain.interactions import Json
from bridge.fastgpt.wording import mended_json


class NotJson(ValueError):
    """The text is not JSON, or nested too deep to be any of FastGPT's."""


def parsed(text: str) -> Json:
    """Raises NotJson."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    return value


def mended_parsed(text: str) -> Json:
    """As `parsed`, with every text in it fit to be stored. Raises NotJson."""
    value = parsed(text)
    return mended_json(value) if "\\u" in text or "\x00" in text else value


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _flag(value: object) -> bool:
    return value is True or value == "true" or (not isinstance(value, bool) and value == 1)


def _objects(value: object) -> list[Any]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _object_or_none(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


Text = Annotated[str, BeforeValidator(_text)]
Number = Annotated[float | None, BeforeValidator(_number)]
Whole = Annotated[int | None, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Object = Annotated[dict[str, Any], BeforeValidator(_object)]
Items = Annotated[list[Any], BeforeValidator(_list)]
Objects = BeforeValidator(_objects)
OneObject = BeforeValidator(_object)
MaybeObject = BeforeValidator(_object_or_none)

Wired = TypeVar("Wired", bound="Wire")


class Wire(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, populate_by_name=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


def read(model: type[Wired], value: object) -> Wired | None:
    """The value as `model`, None if it is nothing like it."""
    if not isinstance(value, dict):
        return None
    try:
        return model.model_validate(value)
    except (ValidationError, RecursionError):
        return None


# --- completions ---


class Delta(NamedTuple):
    """What one chunk adds; `content` is text, a list of parts, or nothing. `stops`: the answer is complete."""

    content: object
    reasoning: str
    stops: bool


def deltas(value: object) -> list[Delta]:
    """Those of a chunk, empty for anything else. By hand, since this runs for every token of every answer."""
    choices = value.get("choices") if isinstance(value, dict) else None
    found: list[Delta] = []
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            delta = choice.get("delta")
            fields = delta if isinstance(delta, dict) else {}
            reasoning = fields.get("reasoning_content")
            found.append(
                Delta(
                    content=fields.get("content"),
                    reasoning=reasoning if isinstance(reasoning, str) else "",
                    stops=choice.get("finish_reason") == "stop",
                )
            )
    return found


class Status(Wire):
    status: Text = ""
    name: Text = ""


class Tool(Wire):
    id: Text = ""
    name: Text = Field(default="", validation_alias="toolName")
    function: Text = Field(default="", validation_alias="functionName")


class Envelope(Wire):
    """`{"code", "statusText", "message", "data"}`: every answer but a successful completion, and every error."""

    code: Whole = None
    status_text: Text = Field(default="", validation_alias="statusText")
    message: Text = ""
    data: Any = None


class Content(Wire):
    content: Text = ""


class Value(Wire):
    """One item of an answer's content or of a record."""

    text: Any = None
    reasoning: Any = None
    tool: Annotated[Tool | None, MaybeObject] = None
    tools: Annotated[list[Tool], Objects] = []
    interactive: Annotated[dict[str, Any] | None, MaybeObject] = None

    @property
    def words(self) -> str:
        return content_of(self.text)

    @property
    def thought(self) -> str:
        return content_of(self.reasoning)


def content_of(value: object) -> str:
    """The text of `{"content": text}` or of plain text."""
    return _text(value.get("content")) if isinstance(value, dict) else _text(value)


class Message(Wire):
    content: Any = None
    reasoning_content: Text = ""


class Choice(Wire):
    message: Annotated[Message, OneObject] = Message()


class Completion(Wire):
    """A whole answer at once, as servers give it when not asked to stream."""

    nodes: Items = Field(default=[], validation_alias="responseData")
    choices: Annotated[list[Choice], Objects] = []
    error: Any = None
    title: Text = ""


# --- nodes ---


class Quote(Wire):
    id: Text = ""
    q: Text = ""
    a: Text = ""
    source_name: Text = Field(default="", validation_alias="sourceName")
    source_id: Text = Field(default="", validation_alias="sourceId")
    collection: Text = Field(default="", validation_alias="collectionId")
    dataset: Text = Field(default="", validation_alias="datasetId")
    score: Any = None


_DETAILS = ("toolDetail", "pluginDetail", "loopDetail", "parallelDetail", "loopRunDetail", "childrenResponses")


class Node(Wire):
    """What one workflow node did. `children` are the nodes inside it, under whatever name the version has for them."""

    id: Text = ""
    node_id: Text = Field(default="", validation_alias="nodeId")
    parent: Text = Field(default="", validation_alias="parentId")
    name: Text = Field(default="", validation_alias="moduleName")
    kind: Text = Field(default="", validation_alias="moduleType")
    seconds: Number = Field(default=None, validation_alias="runningTime")
    model: Text = ""
    input_tokens: Whole = Field(default=None, validation_alias="inputTokens")
    output_tokens: Whole = Field(default=None, validation_alias="outputTokens")
    tool_input_tokens: Whole = Field(default=None, validation_alias="toolCallInputTokens")
    tool_output_tokens: Whole = Field(default=None, validation_alias="toolCallOutputTokens")
    points: Number = Field(default=None, validation_alias="totalPoints")
    error: Any = None
    error_text: Text = Field(default="", validation_alias="errorText")
    quotes: Annotated[list[Quote], Objects] = Field(default=[], validation_alias="quoteList")
    plugin_output: Annotated[dict[str, Any] | None, MaybeObject] = Field(default=None, validation_alias="pluginOutput")
    children: list[Any] = []

    @model_validator(mode="before")
    @classmethod
    def _gather_children(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {**value, "children": [child for name in _DETAILS for child in _list(value.get(name))]}


# --- interactions, variables, plugin inputs ---


class ListItem(Wire):
    label: Text = ""
    value: Text = ""


class Input(Wire):
    """A form field, a global variable or a plugin input: one shape, with other words for the type."""

    key: Text = ""
    label: Text = ""
    type: Text = ""
    description: Text = ""
    required: Flag = False
    default: Any = Field(default=None, validation_alias="defaultValue")
    value: Any = None
    value_type: Text = Field(default="", validation_alias="valueType")
    items: Annotated[list[ListItem], Objects] = Field(default=[], validation_alias="list")
    enums: Annotated[list[ListItem], Objects] = []
    minimum: Number = Field(default=None, validation_alias="min")
    maximum: Number = Field(default=None, validation_alias="max")
    min_length: Whole = Field(default=None, validation_alias="minLength")
    max_length: Whole = Field(default=None, validation_alias="maxLength")
    max_files: Whole = Field(default=None, validation_alias="maxFiles")
    can_file: Flag = Field(default=False, validation_alias="canSelectFile")
    can_image: Flag = Field(default=False, validation_alias="canSelectImg")
    can_video: Flag = Field(default=False, validation_alias="canSelectVideo")
    can_audio: Flag = Field(default=False, validation_alias="canSelectAudio")
    can_custom: Flag = Field(default=False, validation_alias="canSelectCustomFileExtension")
    extensions: Items = Field(default=[], validation_alias="customFileExtensionList")
    granularity: Text = Field(default="", validation_alias="timeGranularity")
    range_start: Text = Field(default="", validation_alias="timeRangeStart")
    range_end: Text = Field(default="", validation_alias="timeRangeEnd")
    render_types: Items = Field(default=[], validation_alias="renderTypeList")
    selected_render_type: Whole = Field(default=None, validation_alias="selectedTypeIndex")


class SelectOption(Wire):
    key: Text = ""
    value: Text = ""
    label: Text = ""
    summary: Text = ""
    description: Text = ""


class AskedQuestion(Wire):
    question: Text = ""
    options: Items = []


class InteractiveParams(Wire):
    description: Text = ""
    content: Text = ""
    reason: Text = ""
    options: Items = []
    select_options: Annotated[list[SelectOption], Objects] = Field(default=[], validation_alias="userSelectOptions")
    selected: Any = Field(default=None, validation_alias="userSelectedVal")
    form: Annotated[list[Input] | None, BeforeValidator(lambda value: _objects(value) if value else None)] = Field(
        default=None, validation_alias="inputForm"
    )
    submitted: Flag = False
    questions: Annotated[list[AskedQuestion], Objects] = []


class Interactive(Wire):
    type: Text = ""
    description: Text = ""
    response_mode: Text = Field(default="", validation_alias="responseMode")
    params: Annotated[InteractiveParams, OneObject] = InteractiveParams()


# --- records and configuration ---


class RecordItem(Wire):
    id: Text = Field(default="", validation_alias="dataId")
    obj: Text = ""
    values: Items = Field(default=[], validation_alias="value")
    error: Text = Field(default="", validation_alias="errorMsg")


class RecordPage(Wire):
    items: Annotated[list[RecordItem], Objects] = Field(default=[], validation_alias="list")


class ChatConfig(Wire):
    welcome: Text = Field(default="", validation_alias="welcomeText")
    variables: Annotated[list[Input], Objects] = []
    question_guide: Any = Field(default=None, validation_alias="questionGuide")
    auto_execute: Object = Field(default={}, validation_alias="autoExecute")
    files: Object = Field(default={}, validation_alias="fileSelectConfig")
    instruction: Text = ""


class AppInfo(Wire):
    name: Text = ""
    plugin_inputs: Annotated[list[Input], Objects] = Field(default=[], validation_alias="pluginInputs")
    config: Annotated[ChatConfig, OneObject] = Field(default=ChatConfig(), validation_alias="chatConfig")


class Init(Wire):
    app: Annotated[AppInfo, OneObject] = AppInfo()
