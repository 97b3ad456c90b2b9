"""A web service in front of the gateway that accepts and returns the SDK's own types.

    pip install fastapi uvicorn
    uvicorn --app-dir examples fastapi_app:app

Then open http://localhost:8000/docs: its schemas contain the types.
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
    """The request of the service's clients, a pydantic model with the SDK's types as fields."""

    messages: list[Message] = Field(min_length=1)
    model: str = MODEL


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open one client for the lifetime of the service, so that all requests share its connections."""
    async with AsyncInferenceGatewayClient() as client:
        app.state.client = client
        yield


app = FastAPI(title="Questions and answers", lifespan=lifespan)


@app.exception_handler(GatewayError)
async def gateway_failed(request: Request, error: GatewayError) -> JSONResponse:
    """Return the gateway's own status, or 502 without one."""
    status = error.status if isinstance(error, StatusError) else 502
    return JSONResponse({"error": error.message}, status_code=status if status >= 400 else 502)


@app.post("/answer")
async def answer(request: Request, question: Question) -> CreateChatCompletionResponse:
    """Return a whole reply."""
    client: AsyncInferenceGatewayClient = request.app.state.client
    return await client.generate_content(question.model, question.messages)


async def opened(request: Request, question: Question) -> AsyncIterator[TextStream]:
    """Open the stream before the response starts, so that an error keeps its status, and close it at the end."""
    client: AsyncInferenceGatewayClient = request.app.state.client
    async with client.generate_content_stream(question.model, question.messages) as stream:
        yield stream


@app.post("/answer/stream")
async def answer_stream(stream: Annotated[TextStream, Depends(opened)]) -> StreamingResponse:
    """Return the text of a reply as it arrives."""
    return StreamingResponse(stream.text(), media_type="text/plain; charset=utf-8")


@app.get("/models")
async def models(request: Request) -> ListModelsResponse:
    """Return the available models."""
    client: AsyncInferenceGatewayClient = request.app.state.client
    return await client.list_models()
