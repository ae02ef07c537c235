"""What callers may send, in Mistral's dialect, validated before anything else sees it."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Json = dict[str, Any]
Request = TypeVar("Request", bound=BaseModel)


class BadRequest(Exception):
    """What a caller sent can't be answered; `code` is stable, the message is safe to show."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _Lenient(BaseModel):
    # Mistral's clients send options that mean nothing here (safe_prompt, metadata, …): they are passed over.
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class TextChunk(_Lenient):
    """One piece of a message's content."""

    type: Literal["text"]
    text: str


class Message(_Lenient):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str | list[TextChunk]

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "".join(chunk.text for chunk in self.content)


class SchemaFormat(_Lenient):
    """A JSON schema under the name that Mistral gives it on the wire."""

    name: str = "answer"
    schema_definition: Annotated[Json, Field(alias="schema")]


class ResponseFormat(_Lenient):
    """What the answer's text must be."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaFormat | None = None


class ChatRequest(_Lenient):
    """The part of Mistral's chat completion request that the embedded model honours."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1)]
    stream: bool = False
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    stop: str | list[str] | None = None
    random_seed: int | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    response_format: ResponseFormat | None = None
    tools: list[Json] | None = None


class ModerationRequest(_Lenient):
    """Texts to label: strings, or for the chat form a conversation or a list of them."""

    model: str
    input: str | list[str] | list[Message] | list[list[Message]]

    def texts(self) -> list[str]:
        """The text to label for each result: a conversation is labelled by its last message."""
        if isinstance(self.input, str):
            return [self.input]
        if self.input and isinstance(self.input[0], Message):
            return [_last_text(self.input)]
        return [item if isinstance(item, str) else _last_text(item) for item in self.input]


def _last_text(conversation: Any) -> str:
    if not conversation:
        raise BadRequest(400, "invalid_request", "input: a conversation needs a message")
    return str(conversation[-1].text)


def parsed(kind: type[Request], body: bytes) -> Request:
    """The validated request; a BadRequest names what is wrong and never repeats what was sent."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise BadRequest(400, "invalid_json", "the body is not JSON: send an object") from None
        where = ".".join(str(step) for step in first["loc"])
        raise BadRequest(400, "invalid_request", f"{where or 'body'}: {first['msg']}") from None
