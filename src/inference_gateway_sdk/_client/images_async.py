"""The clients' methods for pictures: making, changing and varying them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._wire.url import GatewayUrl
from .settings import Settings, resolve, split
from .uploads import async_read_upload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from .._generated.gateway import Provider
    from .._generated.images import Image, ImagesResponse
    from .params import ImageEditParams, ImageParams, ImageVariationParams
    from .session_async import AsyncSession
    from .token import AsyncTokenSource
    from .uploads import File

__all__ = ["AsyncImagesMethods"]


class AsyncImagesMethods:
    """Mixed into the client."""

    if TYPE_CHECKING:
        _session: AsyncSession
        _settings: Settings[AsyncTokenSource]

    async def generate_image(
        self, prompt: str, *, provider: Provider | str | None = None, **params: Unpack[ImageParams]
    ) -> ImagesResponse:
        """Pictures made from a text (contract: POST /images/generations).

        The gateway's limits are short for pictures (WIRE section 4): a timeout of its own is told with the setting.

        Args:
            prompt: What to draw.
            provider: The provider of a bare model name, or alone for its default model.
            **params: `model` and the contract's other parameters, and how the call is made: `timeout`, `max_retries`,
                `headers`, `extra_query`, `extra_body`.
        """
        from .._wire.images import generation_call

        settings, given = split(self._settings, params)
        return await self._session.send(generation_call(prompt, given, provider, settings.extra_body), settings)

    async def create_image_edit(
        self,
        image: File | Sequence[File],
        prompt: str,
        *,
        provider: Provider | str | None = None,
        **params: Unpack[ImageEditParams],
    ) -> ImagesResponse:
        """Pictures changed as a text says (contract: POST /images/edits).

        Args:
            image: The picture, or several to draw from: bytes, a path, or an open binary file each.
            prompt: What the result shall show.
            provider: As in `generate_image`.
            **params: `mask`, `model` and the contract's other parameters, and how the call is made.
        """
        from .._wire.images import edit_call

        settings, given = split(self._settings, params)
        several = image if isinstance(image, (list, tuple)) else [image]
        uploads = [await async_read_upload(one, "image") for one in several]
        mask = given.pop("mask", None)
        over = None if mask is None else await async_read_upload(mask, "mask")
        call = edit_call(uploads, over, prompt, given, provider=provider, extra=settings.extra_body)
        return await self._session.send(call, settings)

    async def create_image_variation(
        self, image: File, *, provider: Provider | str | None = None, **params: Unpack[ImageVariationParams]
    ) -> ImagesResponse:
        """Pictures that resemble a given one (contract: POST /images/variations; gateways up to 0.48).

        Args:
            image: Bytes, a path, or an open binary file.
            provider: As in `generate_image`.
            **params: `model` and the contract's other parameters, and how the call is made.
        """
        from .._wire.images import variation_call

        settings, given = split(self._settings, params)
        upload = await async_read_upload(image, "image")
        return await self._session.send(variation_call(upload, given, provider, settings.extra_body), settings)

    async def fetch_image(self, image: Image) -> bytes:
        """A picture's bytes: decoded where they came with the answer, else fetched from its address.

        Neither the token nor any header of the client goes to that address, and no redirect is followed.

        Raises:
            ValueError: The picture has neither bytes nor an http address.
            GatewayError: It could not be fetched; such addresses are good for a while only.
        """
        from .._wire.images import fetch_call

        if image.b64_json:
            return image.bytes()
        server, call = fetch_call(image.url)
        settings = self._settings
        bare = resolve(
            Settings(token=settings.token, timeouts=settings.timeouts, max_retries=settings.max_retries),
            {"token": None},
        )
        return await self._session.at(GatewayUrl.parse(server)).send(call, bare)
