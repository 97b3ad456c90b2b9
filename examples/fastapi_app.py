"""A web service in front of the gateway, which takes and returns the SDK's own types.

    pip install fastapi uvicorn
    uvicorn --app-dir examples fastapi_app:app

Then open http://localhost:8000/docs: the types stand in the page's schemas.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypeAlias

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    AsyncStream,
    CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
    GatewayError,
    ListModelsResponse,
    Message,
    StatusError,
)

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")

TextStream: TypeAlias = AsyncStream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]


class Question(BaseModel):
    """What our own clients send: pydantic's models hold the SDK's types."""

    messages: list[Message] = Field(min_length=1)
    model: str = MODEL


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for the life of the service: its connections are shared by all requests."""
    async with AsyncInferenceGatewayClient() as client:
        app.state.client = client
        yield


app = FastAPI(title="Questions and answers", lifespan=lifespan)


@app.exception_handler(GatewayError)
async def gateway_failed(request: Request, error: GatewayError) -> JSONResponse:
    """The gateway's own status, or 502 where it gave none."""
    status = error.status if isinstance(error, StatusError) else 502
    return JSONResponse({"error": error.message}, status_code=status if status >= 400 else 502)


@app.post("/answer")
async def answer(request: Request, question: Question) -> CreateChatCompletionResponse:
    """A whole answer."""
    client: AsyncInferenceGatewayClient = request.app.state.client
    return await client.generate_content(question.model, question.messages)


async def opened(request: Request, question: Question) -> AsyncIterator[TextStream]:
    """The answer's stream: opened before we answer, so that a refusal has its status; closed when all is sent."""
    client: AsyncInferenceGatewayClient = request.app.state.client
    async with client.generate_content_stream(question.model, question.messages) as stream:
        yield stream


@app.post("/answer/stream")
async def answer_stream(stream: Annotated[TextStream, Depends(opened)]) -> StreamingResponse:
    """An answer's text as it is written."""
    return StreamingResponse(stream.text(), media_type="text/plain; charset=utf-8")


@app.get("/models")
async def models(request: Request) -> ListModelsResponse:
    """The models on offer."""
    client: AsyncInferenceGatewayClient = request.app.state.client
    return await client.list_models()
