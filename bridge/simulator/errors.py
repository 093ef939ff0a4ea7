"""Errors as FastGPT says them. The HTTP status is almost always 500, whatever happened."""

from __future__ import annotations

from bridge.simulator.profiles import Profile
from bridge.simulator.workflow import Json


class ApiError(Exception):
    """`status_text` None: an error without a code of its own, known by its text alone.

    `bypasses_stream`: thrown outside of the handler's own try, so it is JSON even where a stream was asked for.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int = 500,
        status_text: str | None = None,
        http: int = 500,
        bypasses_stream: bool = False,
        signs_out: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status_text = status_text
        self.http = http
        self.bypasses_stream = bypasses_stream
        self.signs_out = signs_out

    def envelope(self, profile: Profile) -> Json:
        status_text = profile.plain_status_text if self.status_text is None else self.status_text
        return {"code": self.code, "statusText": status_text, "message": self.message, "data": None}

    def event(self, profile: Profile) -> Json:
        return {"message": self.message} if self.status_text is None else self.envelope(profile)


def unauthorised() -> ApiError:
    key = "common:code_error.error_message.403"
    return ApiError(key, code=403, status_text="unAuthorization", signs_out=True)


def unknown_key() -> ApiError:
    return ApiError("common:code_error.error_message.514", code=514, status_text="unAuthApiKey")


def unknown_app() -> ApiError:
    return ApiError("common:code_error.app_error.not_exist", code=502000, status_text="appUnExist")


def foreign_chat() -> ApiError:
    return ApiError("common:code_error.chat_error.un_auth", code=504000, status_text="unAuthChat")


def not_an_id(value: str) -> ApiError:
    return ApiError(f'Cast to ObjectId failed for value "{value}" (type string) at path "_id" for model "apps"')


def invalid_body(message: str) -> ApiError:
    return ApiError(message, code=400, status_text="error", http=400, bypasses_stream=True)


def busy(version: int) -> ApiError:
    """One run per chat."""
    key = "common:code_error.chat_error.chat_is_generating"
    http, bypasses = (409, True) if version == 2 else (500, False)
    return ApiError(key, code=504001, status_text="chatIsGenerating", http=http, bypasses_stream=bypasses)


def too_many(profile: Profile, limit: int, seconds: int) -> ApiError:
    message = (
        f"Rate limit exceeded. Maximum {limit} requests per 60 seconds for this team. "
        f"Please try again in {seconds} seconds."
    )
    return ApiError(message, code=429, status_text="error", http=profile.rate_limit_status, bypasses_stream=True)


def upload_disabled() -> ApiError:
    return ApiError("common:code_error.file_upload_disabled", code=510001, status_text="FileUploadDisabled")
